// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A contract whose every fact extends a running hash, so that any copy can prove it is complete.
/// @dev A fact is a log with exactly two topics, the event and its subject. With `head` as a left-aligned word,
/// head' = bytes24(keccak256(head ‖ keccak256(topic0 ‖ topic1 ‖ data))).
interface ILedger {
    /// @notice The running hash over all facts and how many there are.
    /// @return head The hash, 192 bits: 2^96 work to find two histories with one head.
    /// @return count The number of facts ever said.
    function tip() external view returns (bytes24 head, uint32 count);
}
