import type { Language } from '../../model/language.ts'

/** Words of a key customer's dossier on its page. */
const CHINESE = {
  dossier: '客户档案（三个一）',
  complete: '完整度 {p}',
  allThere: '一户一档、一户一策、一户一人齐全，无到期事项',
  there: '齐全',
  missing: '缺',
  overdue: '已到期',
  dueOn: '{d} 到期',
  never: '无记录',
  'security-load': '保安负荷',
  feeds: '市电接入点',
  sections: '保安负荷段',
  plan: '应急预案',
  'plan-approved': '预案审批',
  persons: '责任人与联系人',
  patrol: '特巡',
  drill: '应急演练',
  'backup-test': '自备电源试验',
  'hazards-told': '隐患告知',
  'hazards-in-time': '隐患整改',
  security_load_kw: '未填保安负荷',
  plan_version: '未填预案版本',
  plan_date: '预案超过一年未修订或未填日期',
  plan_approval: '未填审批',
  utility_manager: '客户经理',
  utility_phone: '客户经理电话',
  customer_electrician: '用户值班电工',
  duty_phone: '值班电话',
  noSection: '未划分保安负荷段',
  noFeed: '未登记市电',
  openHazards: '未销号隐患',
  noHazards: '没有未销号的隐患',
  foundOn: '{d} 发现',
  fixBy: '{d} 前整改',
  wasFixed: '{d} 已整改，待验收',
  general: '一般',
  serious: '较大',
  major: '重大',
  served: '服务',
  notified: '通知',
  reported: '报告',
  supervised: '督导'
} as const

export type DossierWord = keyof typeof CHINESE

const ENGLISH: Readonly<Record<DossierWord, string>> = {
  dossier: 'Dossier: one file, one plan, one person',
  complete: '{p} complete',
  allThere: 'File, plan and person are all there, and nothing is due',
  there: 'there',
  missing: 'missing',
  overdue: 'overdue',
  dueOn: 'due {d}',
  never: 'never written down',
  'security-load': 'security load',
  feeds: 'where its feeds hang',
  sections: 'security section',
  plan: 'emergency plan',
  'plan-approved': 'plan approved',
  persons: 'persons',
  patrol: 'patrol',
  drill: 'drill of the plan',
  'backup-test': 'own sources tried',
  'hazards-told': 'customer told of hazards',
  'hazards-in-time': 'hazards put right',
  security_load_kw: 'security load not given',
  plan_version: 'no version given',
  plan_date: 'older than a year, or no date given',
  plan_approval: 'no approval given',
  utility_manager: 'manager at the utility',
  utility_phone: 'the manager’s phone',
  customer_electrician: 'the customer’s electrician',
  duty_phone: 'duty phone',
  noSection: 'no security section on file',
  noFeed: 'no feed on file',
  openHazards: 'Open hazards',
  noHazards: 'No hazard is open',
  foundOn: 'found {d}',
  fixBy: 'to be put right by {d}',
  wasFixed: 'put right {d}, to be verified',
  general: 'general',
  serious: 'serious',
  major: 'major',
  served: 'looked at together',
  notified: 'customer told',
  reported: 'reported',
  supervised: 'urged'
}

export type SayDossier = (word: DossierWord, figures?: Readonly<Record<string, string>>) => string

export function dossierWords(language: Language): SayDossier {
  const words = language === 'zh-CN' ? CHINESE : ENGLISH
  return (word, figures = {}) =>
    words[word].replaceAll(/\{(\w+)\}/g, (all, name: string) => figures[name] ?? all)
}

export const isDossierWord = (code: string): code is DossierWord => Object.hasOwn(CHINESE, code)
