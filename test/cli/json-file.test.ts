import { describe, expect, it } from 'vitest';
import { invalid } from '../../src/base/check.ts';
import { jsonFile } from '../../src/cli/json-file.ts';
import { capturedIo } from '../captured-io.ts';
import { wrongArgument } from '../wrong-argument.ts';

const TEXT = '{\n  "policy": {\n    "policies": [ { "maxDelay": "20x" } ]\n  }\n}\n';
const open = (text: string, path = 'p.json'): ReturnType<typeof jsonFile> =>
  jsonFile(capturedIo({ files: { [path]: text } }), path);

describe('jsonFile()', () => {
  it('has a name, and hands its value to what reads it', async () => {
    const file = await open(TEXT);

    expect([file.name, (await open(TEXT, '-')).name]).toEqual(['p.json', 'standard input']);
    expect(file.value).toEqual({ policy: { policies: [{ maxDelay: '20x' }] } });
    expect(file.reading((value) => [value])).toEqual([file.value]);
  });

  it.each([
    ['policy.policies[0].maxDelay to be a duration', '3:33'],
    ['policy.policies[0].backoff.kind to be a kind', '3:19'],
    ['policy.policies[7] to be a policy', '3:17'],
    ['policy.retries to be known', '2:13'],
    ['version to be 1', '1:1'],
  ])('says where the value stands of "%s"', async (says, place) => {
    const file = await open(TEXT);
    const read = (): never => {
      throw invalid('read a policy', says, 'no', RangeError);
    };

    expect(() => file.reading(read)).toThrow(
      wrongArgument(RangeError, `p.json:${place}: Cannot read a policy: expected ${says}, got "no"`),
    );
  });

  it('leaves errors alone that are not about arguments', async () => {
    const error = new Error('a bug');
    const file = await open('1');

    expect(() =>
      file.reading(() => {
        throw error;
      }),
    ).toThrow(error);
  });

  it('says where a text is no JSON', async () => {
    await expect(open('{\n  "a": 1,\n}\n')).rejects.toEqual(
      wrongArgument(TypeError, 'p.json:3:1: Cannot read JSON: expected a key in quotes, got "}"'),
    );
    await expect(open('[1', '-')).rejects.toEqual(
      wrongArgument(TypeError, 'standard input:1:3: Cannot read JSON: expected "," or "]", got "the end of the file"'),
    );
  });

  it('refuses a file that is not there', async () => {
    await expect(jsonFile(capturedIo(), 'none.json')).rejects.toEqual(
      wrongArgument(TypeError, 'Cannot read a file: expected none.json to be a file that can be read, got "ENOENT"'),
    );
  });

  it('says what is wrong where there is no code for it', async () => {
    const io = { ...capturedIo(), readText: () => Promise.reject(new Error('gone')) };

    await expect(jsonFile(io, 'x')).rejects.toThrow('got "gone"');
  });

  it('refuses a file of more than 4 MiB', async () => {
    await expect(open(`"${'ä'.repeat(2 ** 21)}"`)).rejects.toEqual(
      wrongArgument(RangeError, 'Cannot read a file: expected p.json to have at most 4194304 bytes, got "more"'),
    );
  });
});
