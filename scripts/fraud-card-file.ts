/** Reading and writing of card transactions in CSV files, gzipped or not. */
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { CardCsvParser, formatCsv, type CardTransactions } from '#fraud';

/** Reads a file whose name says whether it is gzipped. */
export async function readCards(file: string): Promise<CardTransactions> {
  const parser = new CardCsvParser();
  const consume = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const piece of pieces) parser.push(decoder.decode(piece, { stream: true }));
  };
  if (file.endsWith('.gz')) await pipeline(createReadStream(file), createGunzip(), consume);
  else await pipeline(createReadStream(file), consume);
  return parser.finish();
}

/** Writes a file, gzipped when its name ends so. */
export async function writeCards(file: string, data: CardTransactions): Promise<void> {
  const source = Readable.from(formatCsv(data));
  if (file.endsWith('.gz')) await pipeline(source, createGzip(), createWriteStream(file));
  else await pipeline(source, createWriteStream(file));
}
