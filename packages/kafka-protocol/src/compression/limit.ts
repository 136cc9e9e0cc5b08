/** @throws RangeError where something would decompress to more than the limit */
export function assertWithin(bytes: number, limit: number): void {
  if (bytes > limit) throw new RangeError(`it decompresses to more than the ${limit} bytes allowed`);
}
