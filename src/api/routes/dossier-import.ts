import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import type { Actor } from '../../ledger/port.ts'
import { KEEPS_CUSTOMERS } from '../../model/roles.ts'
import { ImportRefused } from '../../registry/read/issues.ts'
import type { ApiContext, SentFile } from '../context.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { receiveFiles } from '../http/sent-files.ts'
import {
  DOSSIER_FILES,
  type DossierFileName,
  isDossierFile,
  readDossierFile
} from '../shapes/dossier-files.ts'
import { component, count } from '../shapes/schemas.ts'

/** Largest file; far above what its rows need. */
const MAX_FILE_BYTES = 2 << 20
const IMPORTS_PER_MINUTE = 30

const importOut = component(
  'DossierImport',
  z.object({
    files: z.array(
      z.object({
        file: z.enum(Object.keys(DOSSIER_FILES) as DossierFileName[]),
        rows: count,
        written: count.meta({ description: 'entries that are new, or say something else than what stood' }),
        unchanged: count.meta({ description: 'entries that stood as the file has them' })
      })
    )
  })
)

/** The files of an upload by name, whole. @throws as `receiveFiles`, and API_TOO_LARGE */
async function receive(files: AsyncIterable<SentFile>): Promise<Map<DossierFileName, Uint8Array>> {
  const received = new Map<DossierFileName, Uint8Array>()
  await receiveFiles(files, {
    what: `a dossier file: ${Object.keys(DOSSIER_FILES).join(', ')}`,
    isName: isDossierFile,
    keep: async (name, stream) => {
      const parts: Uint8Array[] = []
      let bytes = 0
      // The rest of a file that is too large is read too, and forgotten: the answer waits for the end of the request.
      for await (const part of stream as AsyncIterable<Uint8Array>) {
        bytes += part.length
        if (bytes <= MAX_FILE_BYTES) parts.push(part)
      }
      if (bytes > MAX_FILE_BYTES) throw new GridvigilError('API_TOO_LARGE', `${name}: more than 2 MiB`)
      if (isDossierFile(name)) received.set(name, Buffer.concat(parts))
    }
  })
  return received
}

/** Reads all files, and writes all their entries or none. @throws ImportRefused (DOSSIER_REJECTS) */
async function importFiles(
  { ledger, registry }: ApiContext,
  received: ReadonlyMap<DossierFileName, Uint8Array>,
  by: Actor
): Promise<z.input<typeof importOut>> {
  const { keyCustomers } = registry()
  const files = [...received].map(([name, bytes]) => readDossierFile(name, bytes, keyCustomers, by))
  const issues = files.flatMap(file => file.issues)
  if (issues.length > 0) {
    const lines = new Set(issues.map(({ file, line }) => `${file}:${line}`)).size
    throw new ImportRefused('DOSSIER_REJECTS', `${issues.length} faults in ${lines} lines`, issues)
  }
  const entries = files.flatMap(file => file.entries)
  const isWritten = await ledger.putDossierEntries(entries, by)
  const written = new Set(entries.filter((_, place) => isWritten[place]))
  return {
    files: files.map(({ file, entries }) => {
      const news = entries.filter(entry => written.has(entry)).length
      return { file, rows: entries.length, written: news, unchanged: entries.length - news }
    })
  }
}

export const dossierImportRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/dossier/import',
    operation: 'importDossier',
    tag: 'key-customers',
    access: KEEPS_CUSTOMERS,
    summary:
      'Writes down the entries of CSV files, one file per kind: all of them, or none and every fault is named',
    body: 'files',
    response: importOut,
    mostPerMinute: IMPORTS_PER_MINUTE,
    errors: ['DOSSIER_REJECTS'],
    async handle(context, { body }, { actor }) {
      const received = await receive(body)
      // Only now: a slow upload would keep everybody waiting who waits to be alone.
      return context.commandGate.share(() => importFiles(context, received, actor))
    }
  })
]
