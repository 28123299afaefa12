/** The current generation of the client library, reached through a front that keeps `Host`. */

import { CommerceLayer } from '@commercelayer/sdk/bundle'

import { tellStory } from '../stage/story.mjs'

tellStory('@commercelayer/sdk 7.12.1', CommerceLayer, { forwardedHost: false })
