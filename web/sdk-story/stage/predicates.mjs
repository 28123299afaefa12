/**
 * What each predicate of a filter means, worked out here and not by the server: which of the rows it selects.
 */

/** Predicates that fit any attribute but objects and lists. */
const COMPARING = ['eq', 'not_eq', 'eq_or_null', 'not_eq_or_null']
const ORDERED = ['lt', 'lteq', 'gt', 'gteq']
const TEXTUAL = ['matches', 'does_not_match', 'start', 'not_start', 'end', 'not_end', 'cont', 'not_cont']
const LISTED = ['in', 'not_in', 'not_in_or_null']
const SWITCHES = ['present', 'blank', 'null', 'not_null']

/**
 * Every predicate that fits an attribute of this type.
 *
 * @param {string} type as the descriptors call it
 */
export function predicatesFor(type) {
  if (type === 'object' || type === 'array') return [...SWITCHES, 'jcont']
  const single = [...COMPARING]
  if (type !== 'boolean') single.push(...ORDERED)
  if (type === 'string') single.push(...TEXTUAL)
  const compound = single.flatMap((name) => [`${name}_any`, `${name}_all`])
  const own = type === 'boolean' ? ['true', 'false'] : []
  return [...single, ...compound, ...LISTED, ...SWITCHES, ...own]
}

/**
 * Values to ask with, the most telling first: made from the values that the rows have, so that some rows pass and some
 * do not wherever the rows allow it.
 *
 * @param {string} predicate
 * @param {unknown[]} values distinct values of the attribute that are not null, smallest first
 * @returns {unknown[]} each may stand in the filter
 */
export function candidates(predicate, values) {
  const base = predicate.replace(/_(any|all)$/, '')
  if (SWITCHES.includes(base) || base === 'true' || base === 'false') return [true]
  const sample = spread(values)
  if (base === 'jcont') return sample.flatMap((value) => contained(value))
  if (LISTED.includes(base)) return sample.map((value) => [value])
  if (base === predicate) return sample.map((value) => textual(base, value))
  return sample.flatMap((one) => sample.map((other) => [textual(base, one), textual(base, other)]))
}

/** A few of the values: the middle, both ends, what lies next to them. */
function spread(values) {
  const last = values.length - 1
  const places = [Math.floor(last / 2), 0, last, 1, last - 1, Math.floor(last / 4), Math.floor((3 * last) / 4)]
  return [...new Set(places)].filter((at) => at >= 0 && at <= last).map((at) => values[at])
}

/** One member of an object each time: what the others shall not have with it. */
function contained(value) {
  return Object.entries(value).map(([name, own]) => ({ [name]: own }))
}

function textual(base, value) {
  if (typeof value !== 'string' || !TEXTUAL.includes(base)) return value
  // More than half: addresses of one domain differ before it.
  const most = Math.max(1, Math.ceil((3 * value.length) / 4))
  if (base.endsWith('match') || base === 'matches') return `%${value.slice(-most)}`
  if (base.endsWith('start')) return value
  if (base.endsWith('end')) return value.slice(-most)
  return value.slice(Math.floor(value.length / 4))
}

/** Whether a row with this value passes. */
export function passes(predicate, type, value, asked) {
  const [, base, compound] = /^(.*?)(?:_(any|all))?$/.exec(predicate)
  const at = value ?? null
  if (compound) {
    const each = asked.map((one) => simple(base, type, at, one))
    return compound === 'any' ? each.some(Boolean) : each.every(Boolean)
  }
  return simple(base, type, at, asked)
}

function simple(base, type, value, asked) {
  switch (base) {
    case 'null': return value === null
    case 'not_null': return value !== null
    case 'blank': return isBlank(value)
    case 'present': return !isBlank(value)
    case 'true': return value === true
    case 'false': return value === false
    case 'jcont':
      return value !== null && Object.entries(asked).every(([name, own]) => same(value[name], own))
  }
  const orNull = base.endsWith('_or_null')
  const word = base.replace(/_or_null$/, '')
  if (value === null) return orNull
  const negated = word.startsWith('not_') || word === 'does_not_match'
  const plain = word.replace(/^not_/, '').replace('does_not_match', 'matches')
  return compare(plain, value, asked) !== negated
}

function compare(word, value, asked) {
  const lower = (text) => String(text).toLowerCase()
  switch (word) {
    case 'eq': return value === asked
    case 'in': return asked.includes(value)
    case 'lt': return value < asked
    case 'lteq': return value <= asked
    case 'gt': return value > asked
    case 'gteq': return value >= asked
    case 'matches': return lower(value).endsWith(lower(asked.slice(1)))
    case 'start': return lower(value).startsWith(lower(asked))
    case 'end': return lower(value).endsWith(lower(asked))
    case 'cont': return lower(value).includes(lower(asked))
    default: throw new Error(`no meaning for ${word}`)
  }
}

function isBlank(value) {
  if (value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function same(left, right) {
  return JSON.stringify(left) === JSON.stringify(right)
}
