import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

/** Names of our metrics; dashboards and alerts import them, so a renamed metric breaks the build, not a board. */
export const METRICS = {
  framesAcknowledged: 'gridvigil_frames_acknowledged_total',
  frames: 'gridvigil_frames_total',
  framesPending: 'gridvigil_frames_pending',
  readingsDecoded: 'gridvigil_readings_decoded_total',
  readings: 'gridvigil_readings_total',
  readingsHeld: 'gridvigil_readings_held',
  readingsUnbound: 'gridvigil_readings_unbound',
  outageLines: 'gridvigil_outage_lines_total',
  openIncidents: 'gridvigil_open_incidents',
  openLosses: 'gridvigil_open_communication_losses',
  outagesBehind: 'gridvigil_outage_records_behind',
  keyCustomers: 'gridvigil_key_customers',
  connections: 'gridvigil_mqtt_connections',
  connects: 'gridvigil_mqtt_connects_total',
  refused: 'gridvigil_mqtt_refused_total',
  appendFailures: 'gridvigil_append_failures_total',
  roomUp: 'gridvigil_room_up',
  ready: 'gridvigil_ready',
  simulated: 'gridvigil_simulated',
  startTime: 'gridvigil_start_time_seconds'
} as const

/** What is shown at a scrape; counters of frames and readings are cumulative since the data folder was made. */
export interface MetricsSnapshot {
  readonly frames: { acknowledged: number; decoded: number; quarantined: number; pending: number }
  readonly readings: {
    decoded: number
    stored: number
    corrections: number
    duplicates: number
    quarantined: number
    held: number
    unbound: number
  }
  /** Lines as the ledger has them, counted since the data folder was made. */
  readonly outages: {
    lines: readonly { readonly table: string; readonly state: string; readonly count: number }[]
    openIncidents: number
    openLosses: number
    recordsBehind: number
  }
  /** Of the registry, by how they are supplied now. */
  readonly keyCustomers: Readonly<Record<string, number>>
  /** Counted since the process started, but for the connections of now. */
  readonly gateway: {
    connections: number
    connects: number
    refusedLogins: number
    refusedPublishes: number
    failedAppends: number
  }
  readonly rooms: readonly { room: string; ok: boolean }[]
  readonly ready: boolean
  readonly simulated: boolean
  /** Epoch ms. */
  readonly startedAt: number
}

export interface Metrics {
  /** The Prometheus text of a snapshot, with the metrics of the process. */
  scrape(snapshot: MetricsSnapshot): Promise<string>
}

/** Media type of a scrape: the text format of Prometheus. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/**
 * Metrics in a registry of their own, so that two servers in one process do not meet. Starts to observe the
 * process.
 */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers })

  const acknowledged = counter(METRICS.framesAcknowledged, 'Frames acknowledged after they were durable')
  const frames = counter(METRICS.frames, 'Acknowledged frames by what became of them', ['outcome'])
  const pending = gauge(METRICS.framesPending, 'Acknowledged frames that are not processed yet')
  const decoded = counter(METRICS.readingsDecoded, 'Readings found in decoded frames')
  const readings = counter(METRICS.readings, 'Decoded readings by what became of them', ['outcome'])
  const held = gauge(METRICS.readingsHeld, 'Readings that wait for an answer from history')
  const unbound = gauge(METRICS.readingsUnbound, 'Readings of exchanged meters that no import names yet')
  const outageLines = counter(METRICS.outageLines, 'What was said about outages, by table and state', [
    'table',
    'state'
  ])
  const openIncidents = gauge(METRICS.openIncidents, 'Confirmed incidents that are not restored')
  const openLosses = gauge(METRICS.openLosses, 'Lost communication that is not back')
  const outagesBehind = gauge(
    METRICS.outagesBehind,
    'Records of the results log that the ledger has not read'
  )
  const keyCustomers = gauge(METRICS.keyCustomers, 'Key customers by how they are supplied now', ['state'])
  const connections = gauge(METRICS.connections, 'Terminals connected now')
  const connects = counter(METRICS.connects, 'Logins of terminals')
  const refused = counter(METRICS.refused, 'What the gateway refused', ['what'])
  const appendFailures = counter(METRICS.appendFailures, 'Publishes not acknowledged: the log failed')
  const roomUp = gauge(METRICS.roomUp, 'Whether a room of the server is healthy', ['room'])
  const ready = gauge(METRICS.ready, 'Whether the server has started completely')
  const simulated = gauge(METRICS.simulated, 'Whether the meters are simulated')
  const startTime = gauge(METRICS.startTime, 'When this process started, epoch seconds')

  const counters = [
    ...[acknowledged, frames, decoded, readings],
    ...[outageLines, connects, refused, appendFailures]
  ]

  /** The counts live elsewhere and survive restarts: a counter is set, not added to. */
  const set = (into: Counter, value: number, labels: Record<string, string> = {}): void => {
    into.inc(labels, value)
  }
  const update = (snapshot: MetricsSnapshot): void => {
    for (const it of counters) it.reset()
    set(acknowledged, snapshot.frames.acknowledged)
    set(frames, snapshot.frames.decoded, { outcome: 'decoded' })
    set(frames, snapshot.frames.quarantined, { outcome: 'quarantined' })
    pending.set(snapshot.frames.pending)
    set(decoded, snapshot.readings.decoded)
    for (const outcome of ['stored', 'corrections', 'duplicates', 'quarantined'] as const) {
      set(readings, snapshot.readings[outcome], { outcome })
    }
    held.set(snapshot.readings.held)
    unbound.set(snapshot.readings.unbound)
    for (const { table, state, count } of snapshot.outages.lines) set(outageLines, count, { table, state })
    openIncidents.set(snapshot.outages.openIncidents)
    openLosses.set(snapshot.outages.openLosses)
    outagesBehind.set(snapshot.outages.recordsBehind)
    keyCustomers.reset()
    for (const [state, number] of Object.entries(snapshot.keyCustomers)) keyCustomers.set({ state }, number)
    connections.set(snapshot.gateway.connections)
    set(connects, snapshot.gateway.connects)
    set(refused, snapshot.gateway.refusedLogins, { what: 'login' })
    set(refused, snapshot.gateway.refusedPublishes, { what: 'publish' })
    set(appendFailures, snapshot.gateway.failedAppends)
    roomUp.reset()
    for (const { room, ok } of snapshot.rooms) roomUp.set({ room }, ok ? 1 : 0)
    ready.set(snapshot.ready ? 1 : 0)
    simulated.set(snapshot.simulated ? 1 : 0)
    startTime.set(snapshot.startedAt / 1000)
  }
  return {
    async scrape(snapshot) {
      update(snapshot)
      return registry.metrics()
    }
  }
}
