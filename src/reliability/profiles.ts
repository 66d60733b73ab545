import { OUTAGE_CLASSES } from './interruption.ts'
import type { IndexName, MajorEventParameters, ReliabilityParameters, ReliabilityProfile } from './profile.ts'

const DL836_SOURCE = 'DL/T 836.1-2016'
const IEEE_SOURCE = 'IEEE 1366-2012'

const DL836_PARAMETERS: ReliabilityParameters = {
  unit: {
    value: 'account',
    unit: 'rule',
    source: DL836_SOURCE,
    why: 'at low voltage a customer is who is billed; statistics at medium voltage (mv-user) count a public transformer as one',
    isUnconfirmed: true
  },
  served: {
    value: 'average',
    unit: 'rule',
    source: DL836_SOURCE,
    why: 'a year in which a district is connected is neither what it began nor what it ended with',
    isUnconfirmed: true
  },
  momentaryLimit: {
    value: 3,
    unit: 'min',
    source: DL836_SOURCE,
    why: '短时停电 lasts up to three minutes',
    isUnconfirmed: true
  },
  momentaryCounts: {
    value: true,
    unit: 'rule',
    source: DL836_SOURCE,
    why: 'RS-1 counts all interruptions; without short ones it is RS-4',
    isUnconfirmed: true
  },
  momentaryEventWindow: {
    value: 3,
    unit: 'min',
    source: 'the limit of momentary interruptions',
    why: 'of momentary events IEEE 1366 alone speaks: by analogy',
    isUnconfirmed: true
  },
  momentaryBeforeSustained: {
    value: 'left-out',
    unit: 'rule',
    source: IEEE_SOURCE,
    why: 'as in IEEE 1366, from which momentary events are taken',
    isUnconfirmed: true
  },
  accrual: {
    value: 'as-they-pass',
    unit: 'rule',
    source: DL836_SOURCE,
    why: 'the month in which customers had no supply bears it: nothing is put off or brought forward',
    isUnconfirmed: true
  },
  classes: {
    value: OUTAGE_CLASSES,
    unit: 'rule',
    source: `${DL836_SOURCE}, figure 1`,
    why: 'planned ones are interruptions like all others',
    isUnconfirmed: true
  }
}

const IEEE_PARAMETERS: ReliabilityParameters = {
  unit: {
    value: 'account',
    unit: 'rule',
    source: IEEE_SOURCE,
    why: 'a customer is a metered service with an active account, here 户号; usage-point counts each metered place'
  },
  served: {
    value: 'average',
    unit: 'rule',
    source: IEEE_SOURCE,
    why: 'N_T of a period in which it changes',
    isUnconfirmed: true
  },
  momentaryLimit: { value: 5, unit: 'min', source: IEEE_SOURCE, why: 'what lasts longer is sustained' },
  momentaryCounts: {
    value: false,
    unit: 'rule',
    source: IEEE_SOURCE,
    why: 'SAIFI and SAIDI are of sustained interruptions; momentary ones have MAIFI'
  },
  momentaryEventWindow: {
    value: 5,
    unit: 'min',
    source: IEEE_SOURCE,
    why: 'operations of one device within five minutes of the first are one event',
    isUnconfirmed: true
  },
  momentaryBeforeSustained: {
    value: 'left-out',
    unit: 'rule',
    source: IEEE_SOURCE,
    why: 'reclosing before a lockout is part of the sustained interruption',
    isUnconfirmed: true
  },
  accrual: {
    value: 'to-the-beginning',
    unit: 'rule',
    source: IEEE_SOURCE,
    why: 'a storm over several days is one event of the day on which it began',
    isUnconfirmed: true
  },
  classes: {
    value: OUTAGE_CLASSES,
    unit: 'rule',
    source: IEEE_SOURCE,
    why: 'planned interruptions count; who reports them apart takes the shares by class',
    isUnconfirmed: true
  }
}

const IEEE_MAJOR_EVENTS: MajorEventParameters = {
  factor: {
    value: 2.5,
    unit: 'times',
    source: IEEE_SOURCE,
    why: 'about 2.3 days a year where ln SAIDI is normal'
  },
  deviation: {
    value: 'sample',
    unit: 'rule',
    source: IEEE_SOURCE,
    why: 'published programs disagree; over five years it changes little, over few days much',
    isUnconfirmed: true
  },
  history: {
    value: 5,
    unit: 'a',
    source: IEEE_SOURCE,
    why: 'years before the period; fewer where there are no more'
  }
}

/** RS, AIHC and AITC of one variant, which their readers know by its number. */
function dl836Names(number: number, variant: string, en: string, zh: string): IndexName[] {
  return [
    {
      name: `RS-${number}`,
      quantity: 'asaiPercent',
      variant,
      unit: '%',
      title: { en: `reliability of supply${en}`, zh: `供电可靠率${zh}` }
    },
    {
      name: `AIHC-${number}`,
      quantity: 'saidiHours',
      variant,
      unit: 'h per customer',
      title: { en: `hours without supply${en}`, zh: `用户平均停电时间${zh}` }
    },
    {
      name: `AITC-${number}`,
      quantity: 'saifi',
      variant,
      unit: 'times per customer',
      title: { en: `interruptions${en}`, zh: `用户平均停电次数${zh}` }
    }
  ]
}

/** Customers in China, with the names that are in use: 供电可靠率 RS, 用户平均停电时间 AIHC, 用户平均停电次数 AITC. */
export const DL836: ReliabilityProfile = {
  id: 'dl836',
  title: 'DL/T 836',
  parameters: DL836_PARAMETERS,
  majorEvents: null,
  variants: [
    { id: 'all', leavesOut: [] },
    { id: 'without-external', leavesOut: ['external'] },
    { id: 'without-shortage', leavesOut: ['shortage'] },
    { id: 'without-momentary', leavesOut: ['momentary'] }
  ],
  indices: [
    ...dl836Names(1, 'all', '', ''),
    ...dl836Names(2, 'without-external', ', without external influence', '（不计外部影响）'),
    ...dl836Names(3, 'without-shortage', ', without power shortage', '（不计系统电源不足限电）'),
    ...dl836Names(4, 'without-momentary', ', without momentary ones', '（不计短时停电）'),
    {
      name: 'customer-hours',
      quantity: 'customerHours',
      variant: 'all',
      unit: 'customer-hours',
      title: { en: 'customer-hours of interruption', zh: '停电时户数' }
    }
  ]
}

const ieeeName = (
  name: string,
  quantity: IndexName['quantity'],
  unit: string,
  en: string,
  zh: string
): Omit<IndexName, 'variant'> => ({ name, quantity, unit, title: { en, zh } })

const IEEE_NAMES = [
  ieeeName(
    'SAIFI',
    'saifi',
    'times per customer',
    'sustained interruptions per customer',
    '用户平均停电次数'
  ),
  ieeeName(
    'SAIDI',
    'saidiMinutes',
    'min per customer',
    'minutes without supply per customer',
    '用户平均停电时间'
  ),
  ieeeName('CAIDI', 'caidiMinutes', 'min per interruption', 'minutes per interruption', '停电平均持续时间'),
  ieeeName('ASAI', 'asai', '1', 'availability of supply', '平均供电可用率'),
  ieeeName(
    'MAIFI',
    'maifi',
    'times per customer',
    'momentary interruptions per customer',
    '用户平均短时停电次数'
  ),
  ieeeName(
    'MAIFIe',
    'maifiEvents',
    'times per customer',
    'momentary events per customer',
    '用户平均短时停电事件次数'
  )
]

export const IEEE1366: ReliabilityProfile = {
  id: 'ieee1366',
  title: 'IEEE 1366',
  parameters: IEEE_PARAMETERS,
  majorEvents: IEEE_MAJOR_EVENTS,
  variants: [
    { id: 'all', leavesOut: [] },
    { id: 'without-major-event-days', leavesOut: ['major-event-days'] }
  ],
  indices: ['all', 'without-major-event-days'].flatMap(variant =>
    IEEE_NAMES.map(index => ({ ...index, variant }))
  )
}

export const RELIABILITY_PROFILES = { dl836: DL836, ieee1366: IEEE1366 } as const
