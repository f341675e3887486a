/** What went wrong, as the service says it; every failed call ends as one of these. */
import type { Problem } from './types';
import type { ITrans } from './workbench';

export class Failure extends Error {
  constructor(
    readonly problem: Problem,
    readonly status: number
  ) {
    super(problem.message);
    this.name = 'Failure';
  }
}

function problem(code: string, message: string, nextStep: string): Problem {
  return { code, message, next_step: nextStep, field: '', reference: '' };
}

/** An answer that is not a success; answers that are not the service's own get a sentence of ours. */
export async function failureOf(response: Response, trans: ITrans): Promise<Failure> {
  const body: unknown = await response.json().catch(() => null);
  if (body && typeof body === 'object' && 'message' in body && 'code' in body) {
    return new Failure({ ...problem('', '', ''), ...(body as Problem) }, response.status);
  }
  if (response.status === 401 || response.status === 403) {
    return new Failure(
      problem(
        'not-signed-in',
        trans.__('You are no longer signed in.'),
        trans.__('Reload the page and sign in again.')
      ),
      response.status
    );
  }
  return new Failure(
    problem(
      'unexpected',
      trans.__('The server answered with status %1 and said no more.', response.status),
      trans.__('Try again. If it stays, tell your administrator the status.')
    ),
    response.status
  );
}

/** A call that got no answer at all. */
export function unreachable(trans: ITrans): Failure {
  return new Failure(
    problem(
      'unreachable',
      trans.__('The server does not answer.'),
      trans.__('Check your connection, then try again. What you see may be out of date.')
    ),
    0
  );
}

/** A mistake that is known before anything is sent. */
export function refused(message: string, nextStep: string, field: string): Failure {
  return new Failure({ ...problem('refused', message, nextStep), field }, 400);
}

/** Anything thrown, as a problem that can be shown. */
export function problemOf(thrown: unknown, trans: ITrans): Problem {
  if (thrown instanceof Failure) {
    return thrown.problem;
  }
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return problem('internal', trans.__('This page made a mistake: %1', words), trans.__('Reload the page.'));
}
