/**
 * Loaded before the function's code: full jitter draws a wait between none and the whole, and here it always draws none.
 * So a run that asks again and again takes no time, and its time limit can be as far away as in Lambda.
 */
Math.random = () => 0;
