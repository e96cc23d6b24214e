// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Many signed acts in one transaction: one that fails is reported, the rest stand.
/// @dev Has no role and no state; acts carry their own authority.
interface IBatch {
    /// @notice An act was refused or ran out of its gas; its signature stays executable until its deadline.
    /// @dev The one event of the house outside any ledger: a failure is not a fact.
    /// @param act Its place in the batch, from 0.
    /// @param reason The first 4 + 4 × 32 bytes of the revert data, zero-padded; all zero when the act ran out of
    /// gas, which says nothing about the act.
    event ActFailed(uint256 indexed act, bytes4 fault, bytes32[4] reason);

    /// @notice There is no contract to act on: a call there would succeed in silence.
    error NoContract(address target);

    /// @notice The transaction was sent with too little gas to give the act its limit.
    error GasTooLow(uint256 act);

    /// @notice What a rehearsal found: whether each act stood, and what the others reverted with.
    error Rehearsed(bool[] stood, bytes[] reasons);

    /// @notice Runs acts on one contract in order.
    /// @param target The contract.
    /// @param limit Gas that each act may burn at most.
    /// @param acts Calldata of each act.
    function run(address target, uint256 limit, bytes[] calldata acts) external;

    /// @notice Runs acts as `run` does and then takes all of it back: for eth_call, before anything is sent.
    /// @dev Always reverts, with Rehearsed or NoContract. An act sees what those before it did.
    function rehearse(address target, uint256 limit, bytes[] calldata acts) external;
}
