/**
 * PostgreSQL's binary form of arrays. pg sends a Buffer as it is, so that a whole batch of events crosses as one parameter per column,
 * without the hexadecimal text (twice the bytes) that pg would make of an array of Buffers.
 *
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/arrayfuncs.c array_recv (checked 2026-11)
 */
const BOOL_OID = 16;
const BYTEA_OID = 17;
const TEXT_OID = 25;
const FLOAT8_OID = 701;
// Dimensions, null flag, element type, length, lower bound: five 32-bit integers.
const HEADER_LENGTH = 20;

/** A `bytea[]`. */
export function byteaArray(values: readonly Buffer[]): Buffer {
  let length = HEADER_LENGTH;
  for (const value of values) length += 4 + value.length;
  const target = header(BYTEA_OID, values.length, length);
  let offset = HEADER_LENGTH;
  for (const value of values) {
    offset = target.writeInt32BE(value.length, offset);
    offset += value.copy(target, offset);
  }
  return target;
}

/** A `text[]`. */
export function textArray(values: readonly (string | null)[]): Buffer {
  let length = HEADER_LENGTH;
  for (const value of values) length += 4 + (value === null ? 0 : Buffer.byteLength(value));
  const target = header(TEXT_OID, values.length, length, values.includes(null));
  let offset = HEADER_LENGTH;
  for (const value of values) {
    const written = value === null ? -1 : target.write(value, offset + 4);
    offset = target.writeInt32BE(written, offset);
    if (written > 0) offset += written;
  }
  return target;
}

/** A `boolean[]`. */
export function booleanArray(values: readonly boolean[]): Buffer {
  const target = header(BOOL_OID, values.length, HEADER_LENGTH + 5 * values.length);
  let offset = HEADER_LENGTH;
  for (const value of values) {
    offset = target.writeInt32BE(1, offset);
    offset = target.writeUInt8(value ? 1 : 0, offset);
  }
  return target;
}

/** A `double precision[]`. */
export function doubleArray(values: readonly number[]): Buffer {
  const target = header(FLOAT8_OID, values.length, HEADER_LENGTH + 12 * values.length);
  let offset = HEADER_LENGTH;
  for (const value of values) {
    offset = target.writeInt32BE(8, offset);
    offset = target.writeDoubleBE(value, offset);
  }
  return target;
}

function header(elementOid: number, count: number, length: number, hasNull = false): Buffer {
  const target = Buffer.allocUnsafe(length);
  target.writeInt32BE(1, 0);
  target.writeInt32BE(hasNull ? 1 : 0, 4);
  target.writeInt32BE(elementOid, 8);
  target.writeInt32BE(count, 12);
  target.writeInt32BE(1, 16);
  return target;
}
