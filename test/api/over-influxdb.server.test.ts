import { after, before, test } from 'node:test'
import { addLateRows, askForAll, fillEightDays } from '../contract/api-over-store.ts'
import { InfluxUnderTest, lacksInflux } from '../support/influx-under-test.ts'

const influx = new InfluxUnderTest()
before(async () => {
  if (!lacksInflux) await influx.start()
})
after(() => influx.stop())

for (const isLate of [false, true]) {
  const skip = lacksInflux ? 'influxd is not installed' : false
  const rows = isLate ? 'some rows late' : 'as they came'
  test(`the API over InfluxDB, ${rows}: pages, starts, steps, audit, quarantine, page`, { skip }, async t => {
    const { store, remove } = await influx.open()
    t.after(remove)
    await fillEightDays(store)
    if (isLate) await addLateRows(store)
    await askForAll(t, store)
  })
}
