/** Every verb of every type by the generation that the hosted checkout uses. */

import { CommerceLayer } from '@commercelayer/sdk-6'

import { tryEveryVerb } from '../stage/every-verb.mjs'

await tryEveryVerb('@commercelayer/sdk 6.57.0', CommerceLayer)
