// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILedger} from "./interfaces/ILedger.sol";

/// @notice Chains facts; see ILedger.
abstract contract Ledger is ILedger {
    uint256 private constant HEAD = 0xffffffffffffffffffffffffffffffffffffffffffffffff0000000000000000;

    /// @dev head 192 | halted until 32 | count 32: one slot, because every fact writes it. 396 gas a fact when warm,
    /// against 5,400 for two slots.
    uint256 private _tip;

    /// @inheritdoc ILedger
    function tip() external view returns (bytes24 head, uint32 count) {
        return (bytes24(bytes32(_tip)), uint32(_tip));
    }

    /// @dev Logs one fact and chains the very same bytes, so that log and head cannot diverge.
    /// @param fact `abi.encode(E.selector, subject, ...)`, all members static.
    function _say(bytes memory fact) internal {
        uint256 old = _tip;
        uint256 head;
        // Assembly because Solidity's `emit` would encode the fact a second time: 800 gas a fact.
        assembly ("memory-safe") {
            log2(add(fact, 0x60), sub(mload(fact), 0x40), mload(add(fact, 0x20)), mload(add(fact, 0x40)))
            mstore(0x00, and(old, HEAD))
            mstore(0x20, keccak256(add(fact, 0x20), mload(fact)))
            head := keccak256(0x00, 0x40)
        }
        unchecked {
            _tip = (head & HEAD) | ((old & ~HEAD) + 1);
        }
    }

    /// @dev Unix seconds until which new filings are refused; 0 for never halted.
    function _haltedUntil() internal view returns (uint32) {
        return uint32(_tip >> 32);
    }

    function _haltUntil(uint32 until) internal {
        _tip = (_tip & ~(uint256(type(uint32).max) << 32)) | (uint256(until) << 32);
    }
}
