/** `cargo xtask typings`: what it prints compiles, and holds a program that uses it to the descriptors. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const COMPILER = here('../node_modules/typescript/bin/tsc')

/** As strict as the compiler gets, so that whoever uses the declarations may be so too. */
const STRICT = [
  '--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noUnusedLocals',
  '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler',
]

let folder

before(() => {
  const typings = process.env.KASSA_TYPINGS
  if (!typings) throw new Error('KASSA_TYPINGS names no file: run these tests by `cargo xtask test`')
  folder = mkdtempSync(join(tmpdir(), 'kassa-typings-'))
  copyFileSync(typings, join(folder, 'kassa.ts'))
  copyFileSync(here('../stage/typings/consumer.ts'), join(folder, 'consumer.ts'))
})

after(() => { if (folder) rmSync(folder, { recursive: true, force: true }) })

for (const [what, file] of [['the declarations', 'kassa.ts'], ['a program that uses them', 'consumer.ts']]) {
  test(`${what} compile`, async () => {
    const compiled = await run(process.execPath, [COMPILER, ...STRICT, join(folder, file)]).catch((error) => error)
    assert.equal(compiled.code ?? 0, 0, compiled.stdout)
  })
}
