// One line for each thing that is true; the first that is not ends the run.
export function check(what, isTrue) {
  if (!isTrue) throw new Error(what);
  console.log(`  ok: ${what}`);
}
