import type { Language } from '../model/language.ts'
import type { SupplyLine, SupplyPicture, SupplyReason } from '../model/supply.ts'

/** Why a source, a section or a customer is said to stand as it does, one sentence each. `{v}` is what the line names. */
const CHINESE: Readonly<Record<SupplyReason, string>> = {
  VOLTAGE: '进线电表实测有电',
  NO_VOLTAGE: '进线电表实测无电',
  PHASE_LOST: '进线电表实测缺相',
  METER_FUSE: '电压互感器熔丝异常，三相仍带负荷，线路有电',
  METER_EVENT: '进线电表上报停电或来电',
  BACK_FEED: '线路停电，所见电压来自用户自备发电机',
  INCIDENT: '供电路径上有停电事件',
  INCIDENT_OVER: '供电路径上的停电事件已结束',
  TRANSFERRED: '负荷自动切换，由此推断',
  MESSAGE: '现场终端上报',
  START_FAILED: '发电机启动失败',
  SWITCHED_OFF: '已退出运行',
  BY_HAND: '处于手动位，须人工启动',
  BYPASS: '旁路运行，失去电池后备',
  STALE: '超过有效期没有新的数据',
  CONTRADICTED: '几方说法互相矛盾，有待核实',
  OBSERVED: '现场人员告知，尚无实测',
  DECLARED: '只有档案登记，没有在线监测',
  ATTACHED: '发电车已接入，由人员告知',
  NOT_ATTACHED: '发电车未到场',
  SWITCH: '切换开关上报位置',
  SWITCH_OPEN: '切换开关断开',
  SOURCE_DEAD: '所接电源失电',
  ONLY_SOURCE: '按各电源情况推断',
  TRANSFERRING: '负荷段 {v} 正在切换电源',
  SECTION_DARK: '负荷段 {v} 停电',
  ALL_DARK: '全部负荷段停电',
  OWN_SOURCE: '由自备电源 {v} 供电',
  NOT_KNOWN: '{v} 情况不明',
  SOURCE_LOST: '由市电供电，但电源 {v} 不可用',
  ALL_THERE: '由市电供电，各电源正常'
}

const ENGLISH: Readonly<Record<SupplyReason, string>> = {
  VOLTAGE: 'its own meter shows voltage',
  NO_VOLTAGE: 'its own meter shows no voltage',
  PHASE_LOST: 'its own meter shows that a phase is gone',
  METER_FUSE: 'a fuse of its voltage transformer is blown: all phases carry load, so it is live',
  METER_EVENT: 'its own meter said that it lost supply, or has it again',
  BACK_FEED: 'the line is dead: the voltage is that of the customer’s own generator',
  INCIDENT: 'an incident lies on its way',
  INCIDENT_OVER: 'the incident on its way is over',
  TRANSFERRED: 'concluded from sections that changed over by themselves',
  MESSAGE: 'its terminal says so',
  START_FAILED: 'it did not start',
  SWITCHED_OFF: 'it is switched off',
  BY_HAND: 'it is on manual: a person has to start it',
  BYPASS: 'it is bypassed: no battery stands behind it',
  STALE: 'nothing new was heard for longer than a word holds',
  CONTRADICTED: 'what is told contradicts itself: somebody has to look',
  OBSERVED: 'a person on the spot said so; nothing newer was measured',
  DECLARED: 'on file only: nothing tells of it',
  ATTACHED: 'a generator truck is plugged in, as was told',
  NOT_ATTACHED: 'the truck is not here',
  SWITCH: 'its switch says where it stands',
  SWITCH_OPEN: 'its switch is open',
  SOURCE_DEAD: 'what it stands on is dead',
  ONLY_SOURCE: 'concluded from how its sources stand',
  TRANSFERRING: 'section {v} is changing over',
  SECTION_DARK: 'section {v} is without supply',
  ALL_DARK: 'all sections are without supply',
  OWN_SOURCE: 'fed by its own source {v}',
  NOT_KNOWN: 'nobody knows of {v}',
  SOURCE_LOST: 'fed from the grid, but {v} cannot be counted on',
  ALL_THERE: 'fed from the grid; all sources are there'
}

const SENTENCES: Readonly<Record<Language, Readonly<Record<SupplyReason, string>>>> = {
  'zh-CN': CHINESE,
  en: ENGLISH
}

/** What names do in a sentence of this language that come one after the other. */
const listed = (names: readonly string[], language: Language): string =>
  names.join(language === 'en' ? ', ' : '、')

/** Why a source or a section stands as it does. */
export function sayWhy(reason: SupplyReason, language: Language): string {
  const unknown = language === 'en' ? 'it' : '目前'
  return SENTENCES[language][reason].replace('{v}', unknown)
}

/** Why a customer stands as it does, with the sources or sections that make it so. @param nameOf name of a section, its id where it has none */
export function sayCustomer(
  picture: Pick<SupplyPicture, 'reason' | 'sources' | 'sections'>,
  language: Language,
  nameOf: (id: string) => string = id => id
): string {
  const names = namesIn(picture).map(nameOf)
  return SENTENCES[language][picture.reason].replace('{v}', listed(names, language))
}

/** Ids of what makes a customer stand as it does. */
function namesIn({
  reason,
  sources,
  sections
}: Pick<SupplyLine, 'reason' | 'sources' | 'sections'>): string[] {
  const fedBy = (wanted: string): string[] =>
    sections.filter(({ fedBy: by }) => by === wanted).map(({ section }) => section)
  switch (reason) {
    case 'TRANSFERRING':
    case 'SECTION_DARK':
      return fedBy('dark')
    case 'OWN_SOURCE':
      return sources
        .filter(({ state, role }) => state === 'running' && role === 'carrying')
        .map(({ source }) => source)
    case 'NOT_KNOWN':
      return [
        ...sources
          .filter(({ state, basis }) => state === 'unknown' && basis !== 'declared')
          .map(({ source }) => source),
        ...fedBy('unknown')
      ]
    case 'SOURCE_LOST':
      return sources
        .filter(
          ({ state, role }) => ['dead', 'failed'].includes(state) || (role === 'open' && state === 'ready')
        )
        .map(({ source }) => source)
    default:
      return []
  }
}
