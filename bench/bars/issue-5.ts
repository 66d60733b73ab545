import { type Bar, runTestFile, runTestFiles, runWorkload } from './bar.ts'

/** The simulator: a city with ground truth. */
export const ISSUE_5: readonly Bar[] = [
  {
    id: 'city-scale',
    title: 'A city of 1,000,000 meters, and its quarter of an hour of frames',
    limit:
      'made and ready to play in 60 s, a quarter of an hour of frames in 10 s; the same seed gives the same bytes',
    run: form => runWorkload('city-scale.ts', ['--meters', form === 'short' ? 100_000 : 1_000_000], 15)
  },
  {
    id: 'live',
    title: '10,000 terminals live from one process, 2,000 messages/s together',
    limit: 'PUBACK p99 below 50 ms, every message acknowledged, both equations hold',
    run: form =>
      runWorkload(
        'live.ts',
        form === 'short' ? ['--terminals', 2000, '--messages-per-second', 400, '--seconds', 30] : [],
        15
      )
  },
  {
    id: 'population',
    title: 'Generated homes against the Swiss open homes',
    limit:
      'mean day, load factor, evening share, autocorrelation at 1 h and 24 h, share of zeros within 15 %',
    run: () => runTestFile('test/simulator/load/grid-load.test.ts', {}, 10)
  },
  {
    id: 'electrics',
    title: 'Voltages of a broken phase and a broken neutral, energy balance of every transformer',
    limit: 'within 2 % of the hand calculation; balance within 0.1 %',
    run: () =>
      runTestFiles(
        [
          'test/simulator/electrics/electrics.test.ts',
          'test/simulator/meters/low-voltage.test.ts',
          'test/simulator/meters/balance.test.ts'
        ],
        10
      )
  },
  {
    id: 'scenarios',
    title: 'Every row of the table in DESIGN section 6 as a scenario, through the pipeline of backtest',
    limit: 'each validates, its truth is what its name says, every frame is decoded',
    run: () => runTestFile('test/simulator/scenario/scenarios.test.ts', {}, 10)
  },
  {
    id: 'front-door',
    title: 'Nine scenarios through the real front door, one for each class of evidence',
    limit:
      'at most 6 minutes each; backtest of the export gives the lines that the server wrote, byte for byte',
    run: form =>
      runWorkload(
        'front-door.ts',
        form === 'short'
          ? ['--scenarios', 'lateral-dead,hospital-both-lost', '--pace', 120, '--interval', 5]
          : [],
        60
      )
  },
  {
    id: 'scorer',
    title: 'The scorer on perfect, empty, shifted and noisy answers',
    limit: 'figures as computed by hand',
    run: () =>
      runTestFiles(
        ['incidents', 'communication', 'findings', 'supply', 'score-run'].map(
          name => `test/scoring/${name}.test.ts`
        ),
        10
      )
  }
]
