/**
 * What every piece of evidence is worth, and the tolerances and times of patience of the outage stage. Chances are of one meter or terminal,
 * natural logarithms are taken where they are used. They are round on purpose: none was fitted to a suite. What shapes one rule alone (the
 * share that makes a branch, a cap) is a named constant of that rule, with its reason.
 */
export interface Figure {
  readonly value: number
  readonly unit: 'chance' | 'ms' | 'ratio' | 'V'
  readonly why: string
}

const chance = (value: number, why: string): Figure => ({ value, unit: 'chance', why })
const ms = (value: number, why: string): Figure => ({ value, unit: 'ms', why })
const volts = (value: number, why: string): Figure => ({ value, unit: 'V', why })
const ratio = (value: number, why: string): Figure => ({ value, unit: 'ratio', why })

export const FIGURES = {
  // How rarely something fails by itself, at the moment of which something is told.
  serviceFails: chance(1e-3, 'a service line, given that something happened near it'),
  boxFails: chance(1e-3, 'a meter box'),
  transformerFails: chance(1e-3, 'a transformer or its fuse'),
  lineFails: chance(
    6e-4,
    'a section, lateral fuse or switch: no rarer than a transformer, but it has to beat those below'
  ),
  feederFails: chance(4e-4, 'a feeder trips less often than one of its parts fails'),
  stationFails: chance(1e-4, 'a bus or a substation'),

  onePhase: chance(0.2, 'of what fails so much fails on one phase only'),
  falseLow: chance(1e-3, 'a meter tells of a low or missing phase that is not of this failure'),
  lowTold: chance(0.3, 'a three-phase meter tells of it when it is'),

  // Last gasps.
  falseGasp: chance(1e-3, 'a meter or module gasps and has supply: a plug pulled, a defect'),
  falseCollected: chance(2e-2, 'a concentrator names a living meter in a bundle that it made itself'),
  falseBundle: chance(
    0.01,
    'a concentrator sends a bundle of gasps though nobody below it lost supply: no more often than one of its ten boxes fails'
  ),
  falseZero: chance(
    1e-5,
    'a meter behind voltage transformers shows no voltage, current or power in a live reading, and its feed lives'
  ),
  falseRecord: chance(1e-5, 'a meter records a loss of supply that did not happen'),
  gaspsSilent: chance(
    0.1,
    'no gasp at all from below a terminal that could speak: modules without a capacitor, a congested line'
  ),
  terminalAbleMains: chance(0.95, 'a terminal with supply passes gasps on'),
  terminalAbleBackup: chance(0.85, 'a terminal that lives on its backup passes gasps on'),
  terminalAbleUnknown: chance(0.6, 'a terminal of which nobody knows whether it has a backup'),
  terminalAbleNone: chance(0.05, 'a terminal without backup: only meters that speak for themselves get out'),
  gaspShareAlpha: ratio(2, 'first parameter of the beta distribution of the share of gasps that arrive'),
  gaspShareBeta: ratio(1, 'second one: the mean is 2/3, and shares of 0.2 to 1 are usual'),

  // Terminals about themselves.
  falseWord: chance(
    2e-5,
    'a terminal says that its supply is gone and its device has it (its own fuse): fifty times rarer than that its device fails'
  ),
  wordMissing: chance(0.1, 'a terminal with a backup loses its supply and nothing is heard of that'),
  wrongPoweredBy: chance(2e-2, 'a terminal hangs on another device than the registry says'),

  // Life.
  wrongRecord: chance(
    2e-2,
    'a meter hangs on another transformer than the registry says (1 to 3 % of real ones)'
  ),
  missedRound: chance(2e-2, 'a meter that has supply is not read in a round, before its own rate is known'),
  meterSilent: chance(2e-2, 'a single meter is not heard for another reason: far more often than a branch'),
  branchSilent: chance(
    1e-3,
    'some meters below a terminal that speaks are not heard for another reason: a relay, noise'
  ),
  unanswered: chance(
    2e-2,
    'a meter that has supply does not answer when it is asked: as rarely as it is missed in a round'
  ),

  // Whom to ask.
  pingsBelow: ratio(
    3,
    'meters below a suspected device that are asked: two that do not answer outweigh a wrong record'
  ),
  pingsBeside: ratio(
    2,
    'meters beside it under the next device above: if they live, that one has not failed'
  ),
  pingAgain: ms(120_000, 'while a device is suspected it is asked about again so often'),
  pingSpacing: ms(60_000, 'a terminal is asked so often at most: its line is slow, and rounds go first'),

  // Clocks and patience.
  clockTolerance: ms(20_000, 'clocks of meters are off by up to 15 s'),
  momentTolerance: ms(60_000, 'claims so near to each other may be of one moment: clocks, reclosing'),
  heldTolerance: ms(150_000, 'who is held by an incident and tells so late of a loss tells of that one'),
  freshness: ms(15 * 60_000, 'an event that was reported longer ago says nothing about now'),
  clockTrust: ms(10 * 60_000, 'a claimed time further from its report than this is of a wrong clock'),
  gatherFirst: ms(8_000, 'gasps leave within 8 s: what is said earlier would be said of a part'),
  gatherUnsure: ms(25_000, 'a case that is still in doubt then is opened as what it most probably is'),
  recordsGather: ms(150_000, 'records come in no hurry'),
  durationTolerance: ms(40_000, 'lengths of one interruption by two clocks, both ends of it'),
  recordFreshness: ms(
    6 * 3_600_000,
    'a record of an outage that ended longer ago is history: it corrects and opens nothing'
  ),
  recordLongest: ms(
    30 * 86_400_000,
    'no interruption lasts longer: the clock of such a record was wrong when it began'
  ),
  recordsWait: ms(20 * 60_000, 'records of the meters come within 15 minutes of the return of supply'),
  suspicionEnds: ms(15 * 60_000, 'a suspicion that nothing confirms is withdrawn'),
  planMargin: ms(
    30 * 60_000,
    'planned work that begins so long before its time is still that work, begun early'
  ),
  nestedAfter: ms(
    10 * 60_000,
    'what stays dark so long below a device that is back has failed itself: terminals start again within two minutes'
  ),
  momentarySustained: ms(180_000, 'short interruptions last at most 3 minutes (DL/T 836.1-2016)'),

  // Findings and alarms.
  gaspsPerHour: ratio(
    6,
    'gasps of a meter within an hour: a trip with three reclosures, and twice something else'
  ),
  floodRate: ratio(
    4,
    'gasps within an hour for each meter of a terminal, on average: a trip with three reclosures that all tell of'
  ),
  floodShare: ratio(
    0.5,
    'of its meters: a terminal that names so many in a minute without their word infers'
  ),
  clockOffset: ms(300_000, 'off by more than five minutes a clock is set by hand: no collection corrects it'),
  idleAtLeast: ms(40 * 60_000, 'nothing at all is drawn for so long before a breaker is thought of'),
  idleOverUsual: ratio(3, 'how much longer than ever before a customer who drew pauses'),
  wordAlone: ms(60_000, 'meters that see the same low voltage tell of it within 45 s'),
  exchangeWithin: ms(
    3 * 86_400_000,
    'from the last reading of the old meter to the first of the new one: a terminal learns its address after a weekend at the latest'
  ),
  batteryHolds: ms(
    20 * 60_000,
    'a terminal with a battery that is silent sooner after its supply went has lost its link, or the battery is dead'
  ),
  backupAtLeast: ms(
    30 * 60_000,
    'a terminal on its backup beside meters with supply: no fuse is changed sooner'
  ),
  rowFreshness: ms(3_600_000, 'voltages of longer ago raise no alarm: they are history when they come'),
  truckLongest: ms(24 * 3_600_000, 'a truck that does not say within a day that it left has left'),
  backFeedLasts: ms(
    5 * 60_000,
    "a feed has voltage without load while its customer's generator runs: an automatic return is over sooner, and a generator cools down for 3 min"
  ),
  neutralHigh: volts(
    250,
    'GB/T 12325: 220 V + 7 % is 235 V; 15 V more are no tap of a transformer and no panels'
  ),
  neutralClear: volts(242, '220 V + 10 %: below it equipment is safe, and the alarm does not flutter'),
  neutralLow: volts(
    210,
    '40 V below what is high: no load of a line moves one phase of a box so far from another'
  ),
  neutralKeeps: volts(198, 'GB/T 12325, 220 V - 10 %: what is lower keeps an alarm up'),
  neutralWell: ms(
    10 * 60_000,
    'loads of one round may balance by chance: it is over when it is well in two rounds, or for so long'
  ),
  neutralTogether: ms(120_000, 'high and low of one moment: clocks of meters, and points of one round'),
  neutralGather: ms(45_000, 'boxes of one transformer tell of their voltages within so long'),

  // Belief.
  openAt: chance(0.9, 'confidence at which a suspicion becomes an incident'),
  moveAt: ratio(20, 'how much likelier another device has to be before an incident moves')
} as const satisfies Record<string, Figure>

/** Value of a figure. */
export const figure = (name: keyof typeof FIGURES): number => FIGURES[name].value

/** ln of the chance that a device of a kind fails by itself. */
export const lnPrior = (kind: string): number => LN_PRIORS[kind] ?? LN_LINE

// Taken once: an explanation asks for it with every device.
const lnOf = (name: keyof typeof FIGURES): number => Math.log(figure(name))
const LN_LINE = lnOf('lineFails')
const LN_PRIORS: Readonly<Record<string, number | undefined>> = {
  service: lnOf('serviceFails'),
  box: lnOf('boxFails'),
  transformer: lnOf('transformerFails'),
  feeder: lnOf('feederFails'),
  bus: lnOf('stationFails'),
  substation: lnOf('stationFails')
}
