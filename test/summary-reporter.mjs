/** What a reader of the log needs: the figures that tests print, every failure with its seed, and the sums. */
export default class SummaryReporter {
  onUserConsoleLog({ content, type }) {
    if (type === 'stdout') process.stdout.write(`        ${content.trimEnd().replaceAll('\n', '\n        ')}\n`);
  }

  onTestCaseResult(test) {
    const result = test.result();
    if (result.state !== 'failed') return;
    console.log(`  FAILED  ${test.module.relativeModuleId}: ${test.fullName}`);
    for (const { message, stack } of result.errors) console.log(`${message}\n${stack ?? ''}\n`);
  }

  onTestRunEnd(modules, errors) {
    for (const error of [...errors, ...modules.flatMap((module) => module.errors())]) {
      console.log(`  FAILED  ${error.message}\n${error.stack ?? ''}\n`);
    }
    const all = modules.flatMap((module) => [...module.children.allTests()]);
    const failed = all.filter((test) => test.result().state === 'failed').length;
    console.log(`        ${all.length} tests in ${modules.length} files, ${failed} failed`);
  }
}
