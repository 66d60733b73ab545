import type { Language } from '../../model/language.ts'

/** Words of the pages where people log in and look after their account. */
const CHINESE = {
  logIn: '登录',
  login: '用户名',
  password: '密码',
  wrong: '用户名或密码错误，请重试',
  tooMany: '尝试次数过多，请一分钟后再试',
  failed: '未能完成，请稍后再试',
  forgotten: '忘记密码请联系管理员重设。',
  noScript: '此页需要启用浏览器脚本',
  linkOver:
    '该链接已被使用，或不属于服务器的本次启动。请使用服务器最近一次启动时打印的链接，或在服务器上运行 gridvigil tokens add --role admin。',
  account: '账户',
  firstAdmin: '设立首位管理员',
  firstAdminNote: '此会话由一次性链接打开。请设立管理员账户，之后凭用户名和密码登录。',
  name: '姓名',
  loginHint: '字母、数字、. _ @ -',
  passwordHint: '至少 12 个字符',
  create: '设立并登录',
  taken: '该用户名已被占用',
  changePassword: '修改密码',
  current: '当前密码',
  fresh: '新密码',
  change: '修改',
  changed: '密码已修改，请重新登录',
  wrongCurrent: '当前密码不正确',
  logOut: '退出登录',
  role: '角色',
  notForPage: '您的角色暂无此页面，请使用接口。',
  home: '返回首页',
  viewer: '查看',
  dispatcher: '调度员',
  'customer-manager': '客户经理',
  admin: '管理员',
  'key-customer': '重要用户'
}

export type EntryWord = keyof typeof CHINESE

const ENGLISH: Readonly<Record<EntryWord, string>> = {
  logIn: 'Log in',
  login: 'Login',
  password: 'Password',
  wrong: 'Login or password is wrong; try again',
  tooMany: 'Too many tries; wait a minute',
  failed: 'That did not work; try again later',
  forgotten: 'An administrator can set a new password.',
  noScript: 'This page needs scripts to be on',
  linkOver:
    'This link has been used, or is not of this start of the server. Use the one that the server printed at its last start, or run `gridvigil tokens add --role admin` on the server.',
  account: 'Account',
  firstAdmin: 'Become the first administrator',
  firstAdminNote: 'A one-time link opened this session. Make an account; from then on you log in with it.',
  name: 'Name',
  loginHint: 'letters, digits, . _ @ -',
  passwordHint: 'at least 12 characters',
  create: 'Make it and log in',
  taken: 'The login is taken',
  changePassword: 'Change the password',
  current: 'Present password',
  fresh: 'New password',
  change: 'Change',
  changed: 'The password is changed; log in again',
  wrongCurrent: 'The present password is not right',
  logOut: 'Log out',
  role: 'Role',
  notForPage: 'There is no page for your role yet; use the API.',
  home: 'To the front page',
  viewer: 'viewer',
  dispatcher: 'dispatcher',
  'customer-manager': 'customer manager',
  admin: 'administrator',
  'key-customer': 'key customer'
}

export const ENTRY_WORDS: Readonly<Record<Language, Readonly<Record<EntryWord, string>>>> = {
  'zh-CN': CHINESE,
  en: ENGLISH
}
