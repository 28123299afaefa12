/** The generation the hosted checkout uses, reached through a front that sets `X-Forwarded-Host`. */

import { CommerceLayer } from '@commercelayer/sdk-6'

import { tellStory } from '../stage/story.mjs'

tellStory('@commercelayer/sdk 6.57.0', CommerceLayer, { forwardedHost: true })
