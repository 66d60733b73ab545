import type { Verb } from '../../src/simulator/scenario/schema.ts'

/**
 * What the words of the scenario language mean, by their place in the schema. A word without an entry fails `npm run docs`, and so does
 * an entry without a word.
 */
export const SCENARIO_WORDS: Readonly<Record<string, string>> = {
  name: 'as its file; what queries pick depends on it',
  title: 'what happens, for people',
  shows: 'keys of [what must come out](#what-must-come-out)',
  city: 'the city that it is written for. With `wrongFeed` its books bind the standby feed of each hospital to the usage point of somebody on the main feed’s feeder. Tests play it there; `simulate` takes the registry that it is given',
  duration: 'how long a run is',
  pace: 'times of the file, what people do and how late records come are so many times as short; gasps, boots, capacitors and delays of messages are not',
  loops: 'a live run begins again when it is over; `--frames` writes one round',
  collection: 'how meters are heard: [below](#collection)',
  random: 'outages and losses drawn by the seed: [below](#drawn-events)',
  steps: 'what happens: [below](#steps)'
}

export const STEP_WORDS: Readonly<Record<string, string>> = {
  at: 'when it begins, after the start of the run',
  for: 'how long it lasts. `plan`, `cancel`, `reboot` and `push` are moments: of them it means nothing',
  as: 'a name for what the step acts on, for `ref`, `below`, `above` and `apartFrom` of later steps; of `plan` the id of the work',
  note: 'a remark'
}

/** What a query may ask for, and which of its other members count; the rest are passed over. */
export const KIND_WORDS: Readonly<Record<string, readonly [finds: string, members: string]>> = {
  substation: ['a device', '`below`, `above`, `apartFrom`, `least`, `most`'],
  bus: ['a device', 'likewise'],
  feeder: ['a device', 'likewise'],
  section: ['a device', 'likewise'],
  switch: ['a device', 'likewise'],
  fuse: ['a device: the fuse of a lateral', 'likewise'],
  transformer: ['a device', 'likewise, and `windings`'],
  box: ['a device', '`below`, `above`, `apartFrom`, `least`, `most`'],
  customer: [
    'a usage point with its meter, feeds of key customers left out',
    '`below`, `above`, `apartFrom` (of the device it hangs on), `windings` (of its transformer), `wiring`'
  ],
  terminal: [
    'a terminal that reads a meter',
    '`below`, `above`, `apartFrom` (of the device its first meter hangs on), `least`, `most` (of those it reads), `backup`, `foreign`'
  ],
  tie: ['a tie', '`below`, `above`, `apartFrom` (one of its ends)'],
  feed: ['the device on which a feed of a key customer hangs', '`feed`'],
  'feed-line': ['the feed itself, as a customer', '`feed`'],
  hospital: ['a key customer', '']
}

export const QUERY_WORDS: Readonly<Record<string, string>> = {
  kind: 'what is asked for, as above',
  below: 'at or below the thing of that name',
  above: 'the thing of that name, or what feeds it',
  apartFrom: 'on another feeder than the thing of that name',
  least: 'so many customers at or below the device, or read by the terminal, at least; 1 when left out',
  most: 'so many, at most',
  windings: 'vector group of the transformer',
  backup: 'what it lives on without supply',
  foreign: 'whether it hangs on another transformer than its first meter',
  wiring: 'phases of the meter',
  feed: 'which of the two; `main` when left out',
  pick: 'which of those that fit, in the order of the registry: 0 is the first, -1 the last; drawn by the seed when left out'
}

interface VerbWords {
  /** What it acts on. */
  readonly on: string
  readonly world: string
  readonly truth: string
}

const SILENT = '`undecidable` for each terminal that falls silent'

export const VERB_WORDS: Readonly<Record<Verb, VerbWords>> = {
  fail: {
    on: 'a device or a customer',
    world:
      'A device passes nothing on, or nothing on the `phases`; of a customer the service line is dead, whatever `phases` says. What hangs behind it has no supply, terminals too. An ' +
      'open phase at medium voltage leaves Dyn11 transformers 1 / 0.5 / 0.5 and Yyn0 ones 0 / 0.87 / 0.87 of their voltage',
    truth: `\`incidents\` with \`cause\`, of kind \`planned\` when \`plan\` is said; ${SILENT}; \`plant\` and \`supply\` of a key customer behind it`
  },
  open: {
    on: 'a device or a tie',
    world:
      'Nothing passes between a device and what is above it, or over a tie. A second later there is a `switch-state` line, unless `reported` is `false`. Of several steps with the ' +
      'same switch the one that began last holds',
    truth: '`incidents` on the highest device that cannot feed any more; momentary when it is short enough'
  },
  close: {
    on: 'a device or a tie',
    world: 'A tie feeds on, or what another step has opened is closed again; the line likewise',
    truth: '`steps` of the incident, whose `supply` may become `transferred`'
  },
  breakNeutral: {
    on: 'a box or a transformer',
    world:
      'The neutral above a box or transformer is gone: behind it the phase with the least load gets the most voltage. Meters that see something odd say so',
    truth: '`alarms` of kind `broken-neutral`; no incident'
  },
  feedFrom: {
    on: 'a transformer',
    world:
      'A generator truck or the panels on the roofs hold the low-voltage side of a transformer, at its rated voltage, as long as the network does not feed it',
    truth:
      '`supply` of the incident: `temporary` (whom a truck feeds accrues no minutes) or `back-feed` (everybody does), and then `findings` of kind `back-feed`; the device stays dead'
  },
  lose: {
    on: 'a customer for `meter`, a device for `branch`, a terminal for the others',
    world:
      'Somebody has supply and cannot be heard: one meter; the meters of a box (`branch`); a terminal; all terminals that have its `carrier` or its `cell`; all (`gateway`, needs no `on`). ' +
      'What waits is sent afterwards',
    truth: '`communication`'
  },
  plan: {
    on: 'devices',
    world:
      'Work is announced: a `planned-outage` line at `at`. Nothing is done by it: that is a `fail` with `plan`, early, late or not at all',
    truth: 'nothing by itself'
  },
  cancel: { on: '', world: 'The same line again, with `state` `cancelled`', truth: 'nothing by itself' },
  restart: {
    on: '',
    world:
      'The gateway is down for 20 s, or as long as `for` says: `gateway` lines, and all sessions end with cause `shutdown`. Terminals come back within 20 s',
    truth: '`restarts`'
  },
  reboot: {
    on: 'a terminal',
    world:
      'A terminal with supply starts again: 40 s of silence, `bootCount` rises. With `resends` it sends its last 20 gasps again a minute after, or five of two days ago when it had none',
    truth: '`undecidable` for these 40 s; no incident'
  },
  blowMeterFuse: {
    on: 'a customer',
    world:
      'The meter sees no voltage on `phases` (of a meter with one phase on that one); current goes on, the register counts what is left. Event `voltage-loss`',
    truth: '`findings` of kind `metering-fault`'
  },
  exchangeMeter: {
    on: 'a customer',
    world:
      'Another meter stands there from now on, whose id begins with N and whose register begins at 0; `for` does not bring the old one back',
    truth: '`findings` of kind `exchange`, named by the old meter'
  },
  removeMeter: {
    on: 'a customer',
    world: 'The meter is not there and shows nothing. Event `terminal-cover-open`',
    truth: '`findings` of kind `meter-removed`'
  },
  openRelay: {
    on: 'a customer',
    world:
      'The relay in the meter is open: no load, voltage as before. Events `relay-open` and `relay-closed`',
    truth: '`findings` of kind `relay-open`'
  },
  openOwnBreaker: {
    on: 'a customer',
    world: 'No load, and nobody says why',
    truth: '`findings` of kind `customer-side`'
  },
  stopClock: {
    on: 'a customer',
    world:
      'The meter’s clock begins again in 2000: its events carry such times, and its points, which come later and one by one. Events `clock-fault` and `clock-set`',
    truth: '`findings` of kind `clock`'
  },
  push: {
    on: 'a terminal',
    world:
      'A terminal says of all of its meters what is not so: they woke up (`power-up`); a gasp that is marked as a `test`; a gasp that it made up itself (`inferred`)',
    truth: 'of `inferred`: `findings` of kind `gasp-flood`; no incident'
  },
  plant: {
    on: 'a key customer',
    world:
      'In the plant of a key customer the generator does not start; a transfer takes four times the allowed gap; the switch is stuck, and somebody throws it after 24 minutes; the generator runs for a test; it feeds back into a feed that is dead, which shows voltage and carries no load; the way of the second section to all its sources fails; the UPS lives on its battery; the breaker of a second source of the first section is closed beside the one that feeds it; or a generator truck is plugged in behind the switches of the security sections, which a `truck` line says half a minute later',
    truth:
      '`plant` and `supply`; of `back-feed` and `parallel` `findings` of kind `back-feed`; the pipeline says a finding, an alarm and `supply` `back-feed` of the incident, of `parallel` the alarm alone'
  }
}

export const COLLECTION_WORDS: Readonly<Record<string, string>> = {
  gasps: 'how last gasps reach us: [delivery](simulator.md#last-gasps)',
  gaspShare:
    'share of gasps that arrive where a terminal can speak; what it means in each delivery stands there',
  readFailures: 'mean share of single meters’ points that are not read when they are due',
  duplicates: 'share of messages that arrive twice',
  deadClocks: 'share of meters whose events carry times of the year 2000',
  zeroFillers: 'share of meters that keep zeros for the points of an outage'
}

export const RANDOM_WORDS: Readonly<Record<string, string>> = {
  outages: 'how many devices fail, all phases of them',
  mix: 'shares by kind of device; kinds that the grid does not have are left out. `lateral` is a fuse, where there are none a section',
  shortest: 'shortest outage',
  longest: 'longest outage; lengths are spread evenly in their logarithm',
  losses: 'losses of communication for each outage',
  lossesAlone: 'losses on top, however many outages there are',
  lossMix: 'shares by scope of loss; carriers and the gateway are steps of their own'
}
