// Package secrets keeps the providers' credentials: a [Secret] that cannot be
// printed or compared by accident, a [Source] that the AWS adapter implements, and
// a [Cache] that knows the rules of a rotation.
//
// The rules, and why they differ by use:
//
//   - Signing uses the current version only.
//   - Verifying also accepts the version before it for 72 hours, because callbacks
//     signed with the old key are still on their way after a rotation.
//   - A signature that does not verify may be the first news of a rotation, so the
//     verifier forces one refresh. Forged callbacks would make that a way to burn
//     our request quota; hence a floor between forced refreshes.
//   - When the store does not answer, the last good version keeps working: a
//     callback that we turn away is a fact lost, a stale key is only a failed check.
package secrets
