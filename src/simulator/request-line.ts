/** What can stand in a line. */
export interface Waiting {
  /** Set when it has left the line, from anywhere in it. */
  gone: boolean;
}

/** The line of a service: first in, first out, or last in, first out. */
export class RequestLine<Request extends Waiting> {
  readonly #lifo: boolean;
  #line: Request[] = [];
  #head = 0;
  #length = 0;

  constructor(order: 'fifo' | 'lifo') {
    this.#lifo = order === 'lifo';
  }

  /** Requests in line. */
  get length(): number {
    return this.#length;
  }

  /** Puts a request at the end. */
  push(request: Request): void {
    this.#line.push(request);
    this.#length++;
  }

  /** Takes out the one whose turn it is. */
  take(): Request | undefined {
    while (this.#length) {
      const request = this.#lifo ? this.#line.pop()! : this.#line[this.#head++]!;
      this.#compact();
      if (request.gone) continue;
      this.#length--;
      return request;
    }
    return undefined;
  }

  /** Takes one out from wherever it stands. */
  leave(request: Request): void {
    request.gone = true;
    this.#length--;
    if (!this.#length) this.#clear();
    else if (this.#line.length - this.#head > 2 * this.#length + MOST_GONE) this.#sweep();
  }

  #compact(): void {
    if (this.#head === this.#line.length) this.#clear();
    else if (this.#head > MOST_GONE && this.#head * 2 > this.#line.length) this.#sweep();
  }

  #sweep(): void {
    this.#line = this.#line.slice(this.#head).filter(({ gone }) => !gone);
    this.#head = 0;
  }

  #clear(): void {
    this.#line.length = 0;
    this.#head = 0;
  }
}

/** So many places of requests that have gone are kept, before those behind move up. */
const MOST_GONE = 1_000;
