import { ERRORS, type ErrorCode } from '../errors.ts'
import type { Language } from './language.ts'

/** Titles of problems in Chinese, by error code. English ones are the messages of the error table. */
export const CHINESE_TITLES: Readonly<Record<ErrorCode, string>> = {
  CONFIG_UNKNOWN_KEY: '未知的配置项',
  CONFIG_BAD_VALUE: '配置项取值无效',
  CONFIG_FILE: '无法读取配置文件',
  CLI_UNKNOWN_COMMAND: '未知命令',
  CLI_USAGE: '命令参数错误',
  CLOCK_BEHIND: '系统时钟早于日志中最新的记录',
  DATA_LOCKED: '数据目录正被另一进程使用',
  DATA_FOLDER: '数据目录不可用',
  LOG_CLOSED: '日志已关闭',
  LOG_RECORD_TOO_LARGE: '记录超出日志允许的大小',
  LOG_WRITE_FAILED: '日志写入失败',
  LOG_DAMAGED: '日志记录校验失败',
  LOG_BEHIND: '已处理的帧多于日志所存',
  LOG_FORMAT: '日志由不兼容的版本写入',
  GATEWAY_LISTEN: '无法打开 MQTT 端口',
  GATEWAY_CREDENTIALS: '凭据文件不可用',
  GATEWAY_TOPIC: '终端使用了不属于自己的主题',
  GATEWAY_QOS2: '不接受 QoS 2 发布',
  GATEWAY_PACKET_ID: 'QoS 1 发布的报文标识符为 0',
  GATEWAY_PACKET_TOO_LARGE: 'MQTT 报文超出允许的大小',
  GATEWAY_UNRECORDED: '一条被等待的记录无法写入日志',
  REGISTRY_FATAL: '档案无法加载',
  REGISTRY_REJECTS: '档案中被拒绝的行过多',
  REGISTRY_SNAPSHOT: '数据目录中已导入的档案缺失或损坏',
  CHECKPOINT_DAMAGED: '检查点校验失败',
  REPLAY_DIVERGED: '日志重放结果与记录不一致',
  SERIES_OPEN_FAILED: '时序库无法打开',
  SERIES_COMMIT_FAILED: '时序库拒绝了一批数据',
  SERIES_DAY_UNREADABLE: '某一天的数据文件无法使用',
  API_NOT_FOUND: '资源不存在',
  API_METHOD: '该资源不支持此方法',
  API_METER_UNKNOWN: '档案中没有此电表',
  API_DEVICE_UNKNOWN: '档案中没有此设备',
  API_TERMINAL_UNKNOWN: '档案中没有此终端',
  API_USAGE_POINT_UNKNOWN: '档案中没有此计量点',
  API_BAD_REQUEST: '请求无效',
  API_BUSY: '查询过多，请稍后再试',
  API_LISTEN: '无法打开 HTTP 端口',
  API_NOT_READY: '服务正在启动',
  API_INTERNAL: '服务遇到意外情况',
  SENDER_FORMAT: '文件格式与所选格式不符',
  SENDER_CONNECT: '无法连接网关'
}

/** A problem's title in the reader's language. */
export const titleOf = (code: ErrorCode, language: Language): string =>
  language === 'zh-CN' ? CHINESE_TITLES[code] : ERRORS[code].message
