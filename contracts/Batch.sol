// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBatch} from "./interfaces/IBatch.sol";

/// @notice Runs many signed acts; see IBatch.
contract Batch is IBatch {
    /// @dev What reporting a failed act may cost.
    uint256 private constant RESERVE = 20_000;

    /// @inheritdoc IBatch
    function run(address target, uint256 limit, bytes[] calldata acts) external {
        if (target.code.length == 0) revert NoContract(target);

        // EIP-150 hands on at most 63/64 of what is left: with less than this a miserly sender could make a sound act
        // fail.
        uint256 needed = limit + limit / 63 + RESERVE;
        for (uint256 i; i < acts.length; ++i) {
            bytes calldata act = acts[i];
            bool isPoor;
            bool stands;
            // Assembly because a high-level call would copy all of a hostile revert reason at our expense. The gas is
            // looked at after the copy, whose cost grows with the act.
            assembly ("memory-safe") {
                let free := mload(0x40)
                calldatacopy(free, act.offset, act.length)
                isPoor := lt(gas(), needed)
                if iszero(isPoor) { stands := call(limit, target, 0, free, act.length, 0x00, 0x00) }
            }
            if (isPoor) revert GasTooLow(i);
            if (!stands) _report(i);
        }
    }

    /// @inheritdoc IBatch
    function rehearse(address target, uint256 limit, bytes[] calldata acts) external {
        if (target.code.length == 0) revert NoContract(target);
        bool[] memory stood = new bool[](acts.length);
        bytes[] memory reasons = new bytes[](acts.length);
        for (uint256 i; i < acts.length; ++i) {
            bytes memory answer;
            (stood[i], answer) = target.call{gas: limit}(acts[i]);
            if (!stood[i]) reasons[i] = answer;
        }
        revert Rehearsed(stood, reasons);
    }

    function _report(uint256 i) private {
        bytes4 fault;
        bytes32[4] memory reason;
        assembly ("memory-safe") {
            let size := returndatasize()
            if gt(size, 3) {
                mstore(0x00, 0)
                returndatacopy(0x00, 0, 4)
                fault := mload(0x00)
                if gt(size, 0x84) { size := 0x84 }
                returndatacopy(reason, 4, sub(size, 4))
            }
        }
        emit ActFailed(i, fault, reason);
    }
}
