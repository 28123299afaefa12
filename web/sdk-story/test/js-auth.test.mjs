/** The published token library: every grant, verification by the published keys, revocation. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import {
  authenticate, getCoreApiBaseEndpoint, jwtDecode, jwtIsIntegration, jwtIsSalesChannel, jwtVerify,
  makeIntegration, makeSalesChannel, revoke,
} from '@commercelayer/js-auth'
import { CommerceLayer } from '@commercelayer/sdk/bundle'

import { startDemo } from '../stage/demo.mjs'
import { startFront } from '../stage/front.mjs'

describe('@commercelayer/js-auth', { timeout: 60_000 }, () => {
  let demo, front, domain, channel, integration, person

  before(async () => {
    demo = await startDemo()
    ;({ domain, sales_channel: channel, integration, customer: person } = demo.ready)
    front = await startFront(demo.ready, { forwardedHost: false })
  })
  after(async () => {
    await front?.stop()
    await demo?.stop()
  })

  const asGuest = (scope = channel.scope) =>
    authenticate('client_credentials', { domain, clientId: channel.client_id, scope })
  const asBackOffice = () => authenticate('client_credentials', {
    domain, clientId: integration.client_id, clientSecret: integration.client_secret,
  })
  const asCustomer = (password = person.password) => authenticate('password', {
    domain, clientId: channel.client_id, scope: channel.scope, username: person.email, password,
  })

  test('a sales channel gets a guest token for its market', async () => {
    const answer = await asGuest()
    assert.equal(answer.errors, undefined)
    assert.equal(answer.tokenType.toLowerCase(), 'bearer')
    assert.equal(answer.expiresIn, 4 * 60 * 60)
    assert.equal(answer.refreshToken, undefined)
    const { header, payload } = jwtDecode(answer.accessToken)
    assert.equal(header.alg, 'RS512')
    assert.ok(jwtIsSalesChannel(payload))
    assert.equal(payload.organization.slug, demo.ready.organization)
    assert.deepEqual(payload.market.id, [demo.ready.markets.EU])
    assert.equal(payload.test, true)
    assert.equal(payload.owner, undefined)
    assert.equal(payload.iss, `https://auth.${domain}`)
    const endpoint = getCoreApiBaseEndpoint(answer.accessToken)
    assert.equal(endpoint, `https://${demo.ready.organization}.${domain}`)
  })

  test('a market is named by id or by code', async () => {
    for (const scope of [`market:id:${demo.ready.markets.SE}`, 'market:code:SE']) {
      const answer = await asGuest(scope)
      assert.deepEqual(jwtDecode(answer.accessToken).payload.market.id, [demo.ready.markets.SE])
    }
  })

  test('the signature verifies with the published key', async () => {
    const { accessToken } = await asGuest()
    const verified = await jwtVerify(accessToken)
    assert.equal(verified.payload.application.client_id, channel.client_id)
    const [head, body, signature] = accessToken.split('.')
    const claims = { ...jwtDecode(accessToken).payload, test: false }
    const forged = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
    assert.notEqual(forged, [head, body, signature].join('.'))
    await assert.rejects(jwtVerify(forged))
  })

  test('an integration gets a token with its secret', async () => {
    const answer = await asBackOffice()
    assert.equal(answer.expiresIn, 2 * 60 * 60)
    assert.ok(jwtIsIntegration(jwtDecode(answer.accessToken).payload))
  })

  test('a customer logs in, and a refresh token gives the next token once', async () => {
    const first = await asCustomer()
    assert.equal(first.ownerType, 'customer')
    assert.ok(first.ownerId)
    assert.ok(first.refreshToken)
    const { payload } = jwtDecode(first.accessToken)
    assert.deepEqual(payload.owner, { id: first.ownerId, type: 'Customer' })

    const second = await authenticate('refresh_token', {
      domain, clientId: channel.client_id, refreshToken: first.refreshToken,
    })
    assert.equal(second.errors, undefined)
    assert.equal(second.ownerId, first.ownerId)
    assert.notEqual(second.accessToken, first.accessToken)
    const cl = CommerceLayer({ accessToken: second.accessToken })
    assert.equal((await cl.customers.retrieve(second.ownerId)).email, person.email)
  })

  test('wrong credentials are answered with errors, not with a token', async () => {
    const wrong = [
      await asCustomer('not the password'),
      await authenticate('client_credentials', {
        domain, clientId: integration.client_id, clientSecret: 'not the secret',
      }),
      await authenticate('client_credentials', {
        domain, clientId: 'nobody', scope: channel.scope,
      }),
      await authenticate('refresh_token', {
        domain, clientId: channel.client_id, refreshToken: 'not a token',
      }),
      await asGuest('market:code:NOWHERE'),
    ]
    for (const answer of wrong) {
      assert.equal(answer.accessToken, undefined)
      assert.ok(answer.errors.length > 0)
      assert.ok([400, 401].includes(Number(answer.errors[0].status)), JSON.stringify(answer.errors))
    }
  })

  test('a revoked token no longer opens anything', async () => {
    const { accessToken } = await asBackOffice()
    const cl = CommerceLayer({ accessToken })
    await cl.markets.list()
    const { client_id: clientId, client_secret: clientSecret } = integration
    assert.deepEqual(await revoke({ clientId, clientSecret, token: accessToken }), {})
    await assert.rejects(cl.markets.list(), ({ status, errors }) =>
      status === 401 && errors[0].code === 'INVALID_TOKEN')
  })

  test('the caching helpers keep guest and customer apart', async () => {
    const kept = new Map()
    const storage = {
      name: 'memory',
      getItem: async (key) => kept.get(key) ?? null,
      setItem: async (key, value) => { kept.set(key, value) },
      removeItem: async (key) => { kept.delete(key) },
    }
    const shop = makeSalesChannel(
      { clientId: channel.client_id, scope: channel.scope, domain }, { storage },
    )
    const guest = await shop.getAuthorization()
    assert.equal(guest.ownerType, 'guest')
    assert.equal((await shop.getAuthorization()).accessToken, guest.accessToken)
    await shop.setCustomer(await asCustomer())
    assert.equal((await shop.getAuthorization()).ownerType, 'customer')
    await shop.logoutCustomer()
    assert.equal((await shop.getAuthorization()).ownerType, 'guest')

    const office = makeIntegration(
      { clientId: integration.client_id, clientSecret: integration.client_secret, domain },
      { storage },
    )
    assert.equal((await office.getAuthorization()).ownerType, 'guest')
  })
})
