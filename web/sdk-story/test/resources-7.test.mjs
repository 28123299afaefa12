/** Every verb of every type by the current generation of the client library. */

import { CommerceLayer } from '@commercelayer/sdk/bundle'

import { tryEveryVerb } from '../stage/every-verb.mjs'

await tryEveryVerb('@commercelayer/sdk 7.12.1', CommerceLayer)
