/** Signing in and out, in one file that is fetched when it is first needed. */
export { accessOf } from './access';
export { heldFor } from './held';
export { signedOut } from './signedOut';
export { startSignIn } from './signIn';
