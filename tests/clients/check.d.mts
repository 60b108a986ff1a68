/** One line for each thing that is true; the first that is not ends the run. */
export function check(what: string, isTrue: boolean): void;
