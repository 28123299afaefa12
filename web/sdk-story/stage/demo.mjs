/**
 * Starts the real program, `kassa demo`, on free ports and an empty folder, and stops it again.
 * The file it writes when it is ready tells everything a shop needs to know.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const READY_LIMIT_MS = 30_000
const STOP_LIMIT_MS = 10_000

/**
 * @returns {Promise<{ready: object, stop: () => Promise<void>}>} what the ready file says, and the way to end it
 */
export async function startDemo() {
  const program = process.env.KASSA_BIN
  if (!program) throw new Error('KASSA_BIN names no program: run these tests by `cargo xtask test`')
  const folder = mkdtempSync(join(tmpdir(), 'kassa-sdk-story-'))
  const readyFile = join(folder, 'ready.json')
  const child = spawn(program, [
    'demo',
    '--listen', '127.0.0.1:0',
    '--sandbox-listen', '127.0.0.1:0',
    '--data', join(folder, 'data'),
    '--ready-file', readyFile,
  ], { stdio: ['ignore', 'pipe', 'pipe'] })

  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => { said = (said + text).slice(-20_000) })
  }
  const ended = once(child, 'exit')

  for (let waited = 0; !existsSync(readyFile); waited += 20) {
    if (child.exitCode !== null || waited > READY_LIMIT_MS) {
      child.kill('SIGKILL')
      throw new Error(`kassa demo did not become ready; it said:\n${said}`)
    }
    await wait(20)
  }

  return {
    ready: JSON.parse(readFileSync(readyFile, 'utf8')),
    said: () => said,
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await ended
      clearTimeout(late)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
