/** Reading and writing of card transactions in CSV files, gzipped or not. */
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { CardCsvParser, formatCsv, type CardTransactions } from '#fraud-model';

/** Reads a file whose name says whether it is gzipped. */
export async function readCards(file: string): Promise<CardTransactions> {
  const parser = new CardCsvParser();
  const consume = async (pieces: AsyncIterable<string>): Promise<void> => {
    for await (const piece of pieces) parser.push(piece);
  };
  const source = createReadStream(file);
  if (file.endsWith('.gz')) await pipeline(source, createGunzip(), (bytes) => consume(bytes.setEncoding('utf8')));
  else await pipeline(source, (bytes) => consume(bytes.setEncoding('utf8')));
  return parser.finish();
}

/** Writes a file, gzipped when its name ends so. */
export async function writeCards(file: string, data: CardTransactions): Promise<void> {
  const source = Readable.from(formatCsv(data));
  if (file.endsWith('.gz')) await pipeline(source, createGzip(), createWriteStream(file));
  else await pipeline(source, createWriteStream(file));
}
