import { type Logger as PinoLogger, pino } from 'pino'

/** Structured logger: one JSON line per event on standard error, so that standard output stays for results. */
export type Logger = PinoLogger

/** @param level debug, info, warn, error or silent @param room which part of the program speaks */
export function createLogger(level: string, room: string): Logger {
  return pino({ level, base: { room } }, pino.destination({ fd: 2, sync: true }))
}
