import { describe, expect, it } from 'vitest';
import { exponential, fullJitter } from 'holdfast';
import { scheduleReport, type ScheduleFormat, type ScheduleReport } from '../../src/cli/schedule-report.ts';
import { scheduleRows } from '../../src/cli/schedule-rows.ts';

const request = { baseDelay: 100, retries: 3, samples: 0, seed: 1 };
const plain: ScheduleReport = {
  rows: scheduleRows(exponential(), request),
  unit: 's',
  backoff: {},
  baseDelay: 100,
  seed: 1,
  exact: true,
  columns: 60,
};
const means = [50, 100, 200];
const jittered = { ...plain, rows: scheduleRows(fullJitter(exponential()), { ...request, samples: 2, means }) };
const lines = (format: ScheduleFormat, report: ScheduleReport): string[] => scheduleReport[format](report).split('\n');

describe('scheduleReport', () => {
  it('shows a table', () => {
    expect(lines('table', plain)).toEqual([
      'retry  delay  total',
      '    1    0.1    0.1',
      '    2    0.2    0.3',
      '    3    0.4    0.7',
      '',
      'All times in seconds.',
      '',
    ]);
  });

  it('shows where delays can lie, and what was drawn', () => {
    const [head, first] = lines('table', jittered);

    expect(head).toBe('retry  min  mean  max  total mean  total max   drawn 1   total 1   drawn 2   total 2');
    expect(first).toBe('    1    0  0.05  0.1        0.05        0.1  0.085808  0.085808    0.0122    0.0122');
  });

  it('gives a single draw no number', () => {
    const single = { ...plain, rows: scheduleRows(fullJitter(exponential()), { ...request, samples: 1 }) };

    expect(lines('csv', single)[0]).toBe('retry,min,mean,max,total mean,total max,drawn,total');
  });

  it('shows the same as values with commas', () => {
    expect(lines('csv', plain)).toEqual(['retry,delay,total', '1,0.1,0.1', '2,0.2,0.3', '3,0.4,0.7', '']);
  });

  it('draws bars in text', () => {
    expect(lines('plot', plain)).toEqual([
      'retry 1  ███████████                                   0.1 s',
      'retry 2  ██████████████████████                        0.2 s',
      'retry 3  ████████████████████████████████████████████  0.4 s',
      '',
    ]);
    expect(lines('plot', jittered).slice(2)).toEqual([
      'retry 3  ░░░░░░░░░░░░░░░░░░░◆░░░░░░░░░░░░░░░░░░░  0 to 0.4 s',
      '',
      '░ where the delay can lie, ◆ its mean',
      '',
    ]);
  });

  it('gives numbers as JSON', () => {
    const { delays, ...rest } = JSON.parse(scheduleReport.json(jittered)) as { delays: object[] };

    expect(rest).toEqual({ unit: 's', baseDelay: 100, backoff: {}, seed: 1, means: 'exact' });
    expect(delays[1]).toEqual({
      retry: 2,
      delay: { min: 0, mean: 0.1, max: 0.2 },
      total: { min: 0, mean: 0.15, max: 0.3 },
      samples: [0.009899, 0.07984],
    });
  });

  it('says where the means are estimates', () => {
    const about = { ...jittered, exact: false };

    expect(lines('table', about).at(-2)).toBe('All times in seconds. Means are estimates, within about 3 %.');
    expect(lines('plot', about)).toContain('░ where the delay can lie, ◆ about its mean');
    expect(JSON.parse(scheduleReport.json(about))).toMatchObject({ means: 'estimated' });
    expect(scheduleReport.svg(about)).toContain('about the mean');
  });

  it('draws an SVG: a line where nothing varies, else a band, a mean and what was drawn', () => {
    const [line, band] = [scheduleReport.svg(plain), scheduleReport.svg(jittered)];

    expect(line).toContain('<desc id="schedule-description">retry 1: 0.1 s; retry 2: 0.2 s; retry 3: 0.4 s</desc>');
    expect(line.match(/class="(line|band)"|<circle/g)).toEqual(['class="line"', 'class="line"']);
    expect(band).toContain('retry 3: 0 to 0.4 s');
    expect(band.match(/class="band"/g)).toHaveLength(2);
    expect(band.match(/<circle/g)).toHaveLength(7);
  });
});
