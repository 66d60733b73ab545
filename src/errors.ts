/**
 * Every error a person can meet, in one table. Codes are `<ROOM>_<CAUSE>` and never reused. `docs/errors.md`
 * lists them all (test/errors.test.ts keeps both equal). This file imports nothing.
 */
export interface ErrorEntry {
  readonly message: string
  readonly remedy: string
  /** Whether the same call may succeed later without a change by a person. */
  readonly retry: boolean
  /** HTTP status when it reaches the API. */
  readonly status: number
}

const entry = (message: string, remedy: string, retry: boolean, status: number): ErrorEntry => ({
  message,
  remedy,
  retry,
  status
})

export const ERRORS = {
  CONFIG_UNKNOWN_KEY: entry(
    'unknown configuration key',
    'run `gridvigil serve --print-config` to see all keys',
    false,
    500
  ),
  CONFIG_BAD_VALUE: entry('configuration value is not valid', 'correct it as the message says', false, 500),
  CONFIG_FILE: entry('configuration file cannot be read', 'check the path and that it is YAML', false, 500),
  CLI_UNKNOWN_COMMAND: entry('unknown command', 'run `gridvigil help`', false, 500),
  CLI_USAGE: entry('wrong arguments', 'run the command with --help', false, 500),
  CLOCK_BEHIND: entry(
    'the clock of the machine is behind the newest record of the logs',
    'check the clock (NTP) now; if it was ahead before, look for readings in quarantine by time and have them sent again',
    false,
    500
  ),
  DATA_LOCKED: entry(
    'the data folder is in use by another process',
    'where it is a server that is starting, try again in a moment; else stop that process, or choose another --data folder',
    true,
    503
  ),
  DATA_FOLDER: entry(
    'the data folder cannot be used',
    'give --data a folder that this user may make and write',
    false,
    503
  ),
  LOG_CLOSED: entry('the log is closed', 'the server is stopping; connect again', true, 503),
  LOG_RECORD_TOO_LARGE: entry('record is larger than the log accepts', 'send smaller batches', false, 413),
  LOG_WRITE_FAILED: entry(
    'the log could not be written',
    'check disk space and health; intake resumes by itself',
    true,
    503
  ),
  LOG_DAMAGED: entry(
    'records of the log failed their checksum',
    'check the disk; the rest of the log is in use',
    false,
    500
  ),
  LOG_BEHIND: entry(
    'more frames are processed than the logs hold',
    'keep the data folder and report it',
    false,
    500
  ),
  LOG_FORMAT: entry(
    'the log was written by an incompatible version',
    'use the version that wrote it, or upgrade step by step',
    false,
    500
  ),
  GATEWAY_LISTEN: entry(
    'the MQTT port cannot be opened',
    'choose another --mqtt-port, or 0 for a free one',
    false,
    503
  ),
  GATEWAY_CREDENTIALS: entry(
    'the credentials file cannot be used',
    'give a CSV with lines `id,secret`',
    false,
    500
  ),
  GATEWAY_TOPIC: entry(
    'a terminal used a topic that is not its own',
    'publish under gv1/{client id}/ only',
    false,
    403
  ),
  GATEWAY_QOS2: entry('QoS 2 publishes are refused', 'publish with QoS 1', false, 403),
  GATEWAY_PACKET_ID: entry(
    'a publish at QoS 1 has packet id 0',
    'give each publish an id from 1 to 65535',
    false,
    403
  ),
  GATEWAY_PACKET_TOO_LARGE: entry('MQTT packet is larger than allowed', 'send smaller batches', false, 413),
  GATEWAY_UNRECORDED: entry(
    'a record that others wait for does not fit into the log',
    'keep the data folder and report it; a restart asks for it again',
    false,
    500
  ),
  REGISTRY_FATAL: entry('the registry cannot be loaded', 'correct the named file', false, 422),
  REGISTRY_REJECTS: entry(
    'too many rows of the registry were rejected',
    'mend the rows that were named (all of them: registry-rejects.csv in the data folder, unless it was a dry run); raise --max-rejects of the import, --registry-max-rejects-percent of serve, if intended',
    false,
    422
  ),
  DOSSIER_REJECTS: entry(
    'a dossier file has faults, and nothing of it was written',
    'mend the lines that are named and send the files again; entries that stand already are left as they are',
    false,
    422
  ),
  REGISTRY_BUSY: entry(
    'a registry is being imported',
    'ask again when it has ended; a million meters take half a minute',
    true,
    409
  ),
  REGISTRY_SNAPSHOT: entry(
    'an imported registry in the data folder is missing or damaged',
    'put the named file back from a backup; a lost .zst file is also made again by a start with --registry DIR and ' +
      'the same files as at the last start',
    false,
    500
  ),
  CHECKPOINT_DAMAGED: entry(
    'a checkpoint failed its checksum',
    'the one before it is used; the log is replayed from there',
    false,
    500
  ),
  REPLAY_DIVERGED: entry(
    'replaying the log gave another result than recorded',
    'the recorded result stands; report this',
    false,
    500
  ),
  SERIES_OPEN_FAILED: entry(
    'the series store cannot be opened',
    'see the detail; if the named file is damaged, restore the data folder from a backup',
    false,
    503
  ),
  SERIES_COMMIT_FAILED: entry(
    'the series store refused a batch',
    'it is tried again from the results log',
    true,
    503
  ),
  SERIES_INFLUX_SETUP: entry(
    'InfluxDB cannot be used as it is',
    'use version 1.8, 2.x or 3 Core; see influxdb.url and influxdb.organization in the configuration',
    false,
    503
  ),
  SERIES_INFLUX_UNREACHABLE: entry(
    'InfluxDB did not answer the question',
    'check influxdb.url, the credentials and the log of InfluxDB; what is written meanwhile waits in the results log',
    true,
    503
  ),
  SERIES_INFLUX_BEHIND: entry(
    'points of a batch that was cut off are written again',
    'ask again in a moment',
    true,
    503
  ),
  SERIES_INFLUX_LIMIT: entry(
    'InfluxDB is set to take no more series',
    'raise max-values-per-tag and max-series-per-database of InfluxDB 1.x (0 = no limit), better with index-version tsi1; nothing is lost',
    true,
    503
  ),
  SERIES_INFLUX_REFUSES: entry(
    'InfluxDB refuses many points for good',
    'see the detail: mostly another program writes a field of the same name with another type; nothing is lost, the batch waits',
    true,
    503
  ),
  SERIES_DAY_UNREADABLE: entry(
    'the file of a day cannot be used',
    'stop the server; put the file back from a backup or move it away; make an empty file with its name and the ' +
      'ending .rebuild instead of .duckdb beside it; start the server: what the results log has is added to the file',
    true,
    503
  ),
  SITE_UNREACHABLE: entry(
    'the server that holds the data folder does not answer',
    'see its log; or stop it, and the command works without it',
    true,
    503
  ),
  BACKUP_BUSY: entry('a backup is being taken', 'wait until it has ended', true, 409),
  BACKUP_FAILED: entry(
    'the backup could not be taken',
    'give --out a new folder with room for the whole data folder, on a disk that this user may write',
    false,
    500
  ),
  BACKUP_DAMAGED: entry(
    'the backup is not whole',
    'take another one; the named file is missing or has changed since',
    false,
    422
  ),
  BACKUP_UNPROVEN: entry(
    'the restored data does not satisfy the audit equations',
    'keep the backup and the folder, and report it',
    false,
    500
  ),
  EXPORT_NOTHING: entry(
    'there is nothing to export',
    'check --data, --from and --to; what a retention has dropped is gone from the logs',
    false,
    404
  ),
  EXPORT_TARGET: entry(
    'the export cannot be written',
    'give --out a file, and --registry-out and --results folders that are empty or not there, on a disk with room',
    false,
    500
  ),
  EXPORT_OUTRUN: entry(
    'the running server dropped records while they were read',
    'export again, or a window that begins later',
    true,
    503
  ),
  LEDGER_OPEN: entry(
    'the ledger cannot be opened',
    'see the detail; if ledger.sqlite is damaged, restore the data folder from a backup',
    false,
    503
  ),
  LEDGER_NEWER: entry(
    'the ledger was written by a newer version',
    'start the newer version, or restore a backup made by this one',
    false,
    503
  ),
  API_NOT_FOUND: entry('no such resource', 'check the path against the list of routes at /api', false, 404),
  API_UNAUTHENTICATED: entry(
    'the request does not say who makes it',
    'log in at /login, or send `Authorization: Bearer TOKEN` (`gridvigil tokens add`)',
    false,
    401
  ),
  API_LOGIN: entry(
    'login or password is wrong',
    'try again; an administrator can set a new password',
    false,
    401
  ),
  API_LINK: entry(
    'the link has been used or is not of this start of the server',
    'use the link that the server printed last, or make a token with `gridvigil tokens add --role admin`',
    false,
    401
  ),
  API_FORBIDDEN: entry('this role may not do that', 'ask an administrator for a role that may', false, 403),
  API_ORIGIN: entry(
    'a change asked for by a page of another site',
    'use the pages of this server, or a token',
    false,
    403
  ),
  API_RATE: entry('too many requests', 'wait as long as Retry-After says', true, 429),
  API_KEY_REUSED: entry(
    'the Idempotency-Key was used for another request',
    'make a new key for each command',
    false,
    422
  ),
  API_KEY_RUNNING: entry(
    'a command with this Idempotency-Key has begun and has no answer yet',
    'ask again in a few seconds; if it stays so, look whether the command was done and use a new key',
    true,
    409
  ),
  API_KEY_CUT_OFF: entry(
    'a command with this Idempotency-Key was cut off when the server stopped',
    'look whether it was done (GET /v1/audit), and use a new key',
    false,
    409
  ),
  API_KEY_SECRET: entry(
    'the command was done, and its secret is shown only once',
    'revoke what it made and run it again with a new key',
    false,
    409
  ),
  API_TOKEN_UNKNOWN: entry('no such token, or it is revoked', 'list them with GET /v1/tokens', false, 404),
  API_USER_UNKNOWN: entry('no such user', 'list them with GET /v1/users', false, 404),
  API_USER_TAKEN: entry('the login is taken', 'choose another login', false, 409),
  API_LAST_ADMIN: entry(
    'nobody could administer the site any more',
    'make another administrator first',
    false,
    409
  ),
  API_TERMINAL_UNKNOWN: entry(
    'no such terminal',
    'check the id; import it with terminals.csv or add its secret',
    false,
    404
  ),
  API_KEY_CUSTOMER_UNKNOWN: entry(
    'no such key customer in the registry',
    'check the id; import it with key_customers.csv',
    false,
    404
  ),
  API_TOO_LARGE: entry(
    'the body or a file of it is larger than the server takes',
    'send less at once; for files raise http.maxUploadMb, or run `gridvigil import` on the server',
    false,
    413
  ),
  API_MEDIA_TYPE: entry(
    'the body is of a media type that is not read here',
    'send application/json, or multipart/form-data where files are asked for',
    false,
    415
  ),
  API_METHOD: entry('the resource does not know this method', 'use a method of the Allow header', false, 405),
  API_METER_UNKNOWN: entry(
    'no such meter in the registry',
    'check the id; import it with meters.csv',
    false,
    404
  ),
  API_DEVICE_UNKNOWN: entry(
    'no such device in the registry',
    'check the id; import it with devices.csv',
    false,
    404
  ),
  API_USAGE_POINT_UNKNOWN: entry(
    'no such usage point in the registry',
    'check the id; import it with usage_points.csv',
    false,
    404
  ),
  API_PLANNED_OUTAGE_UNKNOWN: entry(
    'no such planned outage',
    'take the id from GET /v1/planned-outages, or announce it with POST',
    false,
    404
  ),
  API_PING_UNKNOWN: entry(
    'no such ping, or it is no longer remembered',
    'take the id from GET /v1/pings; the server forgets when it starts, and keeps the newest thousand',
    false,
    404
  ),
  API_PING_UNREACHABLE: entry(
    'no terminal that reads these meters is connected and takes commands',
    'look at GET /v1/terminals; ask again when the terminal is back, or ask other meters',
    true,
    409
  ),
  API_PING_LIMIT: entry(
    'the terminal has been asked for as many meters as it may within a minute',
    'ask again in a minute; pings.metersPerMinute sets how many',
    true,
    429
  ),
  API_INCIDENT_UNKNOWN: entry('no such incident', 'take the id from GET /v1/incidents', false, 404),
  API_INCIDENT_STATE: entry(
    'the incident is in no state in which this can be decided',
    'look at it with GET /v1/incidents/{id}; what is over can be reopened, and takes notes in any state',
    false,
    409
  ),
  API_INCIDENT_DANGER: entry(
    'something feeds back there, and nobody has acknowledged it',
    'acknowledge the alarm that the detail names with POST /v1/alarms/{id}/acknowledge, then close it',
    false,
    409
  ),
  API_DECISION: entry(
    'the decision makes no sense',
    'name another incident that is open in `into`',
    false,
    422
  ),
  API_ALARM_UNKNOWN: entry('no such alarm', 'take the id from GET /v1/alarms', false, 404),
  API_ALARM_STATE: entry(
    'the alarm is in no state in which this can be decided',
    'look at it with GET /v1/alarms/{id}; one that is resolved needs nobody any more',
    false,
    409
  ),
  API_LOSS_UNKNOWN: entry('no such lost communication', 'take the id from GET /v1/communication', false, 404),
  API_FINDING_UNKNOWN: entry('no such finding', 'take the id from GET /v1/findings', false, 404),
  API_BAD_REQUEST: entry('the request is not valid', 'correct what is named', false, 400),
  API_BUSY: entry('too many queries wait already', 'ask again in a few seconds', true, 503),
  API_LISTEN: entry(
    'the HTTP port cannot be opened',
    'choose another --http-port, or 0 for a free one',
    false,
    503
  ),
  API_NOT_READY: entry('the server is starting', 'ask again in a few seconds', true, 503),
  API_INTERNAL: entry(
    'the server met an unexpected condition',
    'see the log for the request id; report it',
    true,
    500
  ),
  SENDER_FORMAT: entry(
    'the file cannot be read, or is not of the format that is asked for',
    'check that the file is there and whole, at the line that is named; of `replay` check --format too',
    false,
    400
  ),
  SIMULATOR_SCENARIO: entry(
    'the scenario cannot be played',
    'mend the file at the place that is named; docs/scenarios.md has the language',
    false,
    400
  ),
  SENDER_CONNECT: entry('the gateway cannot be reached', 'check --url and the credentials', true, 503)
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof ERRORS

/** An error with a code of the table. `detail` says what exactly, in one sentence without a full stop. */
export class GridvigilError extends Error {
  readonly code: ErrorCode
  readonly detail: string

  constructor(code: ErrorCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? ERRORS[code].message : `${ERRORS[code].message}: ${detail}`, options)
    this.name = 'GridvigilError'
    this.code = code
    this.detail = detail
  }

  get remedy(): string {
    return ERRORS[this.code].remedy
  }

  /** HTTP status when it reaches the API. */
  get status(): number {
    return ERRORS[this.code].status
  }
}

/** Whether an unknown value is one of ours, by code when given. */
export function isError(error: unknown, code?: ErrorCode): error is GridvigilError {
  return error instanceof GridvigilError && (code === undefined || error.code === code)
}

/** Any thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
