import { type QuarantineCode, quarantineNumber } from '../../src/model/quarantine.ts'
import type { StepOutput } from '../output.ts'
import type { FrameOrigin } from '../stage.ts'

const encoder = new TextEncoder()

/** Puts a reading into quarantine. @param index its position in its frame @param text it as it can be decoded again */
export function setAside(
  { log, seq, at, terminal, topic }: FrameOrigin,
  index: number,
  code: QuarantineCode,
  meter: string,
  text: string,
  out: StepOutput
): void {
  const reason = quarantineNumber(code)
  out.quarantine.push({ log, seq, at, terminal, topic, reason, index, meter, bytes: encoder.encode(text) })
}
