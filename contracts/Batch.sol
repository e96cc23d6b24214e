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

        for (uint256 i; i < acts.length; ++i) {
            // EIP-150 hands on at most 63/64 of what is left: without this check a miserly sender could make a
            // sound act fail.
            if (gasleft() < limit + limit / 63 + RESERVE) revert GasTooLow(i);
            bytes calldata act = acts[i];
            bool stands;
            bytes4 fault;
            bytes32[4] memory reason;
            // Assembly because a high-level call would copy all of a hostile revert reason at our expense.
            assembly ("memory-safe") {
                let free := mload(0x40)
                calldatacopy(free, act.offset, act.length)
                stands := call(limit, target, 0, free, act.length, 0x00, 0x00)
                if iszero(stands) {
                    mstore(0x00, 0)
                    let size := returndatasize()
                    if gt(size, 3) {
                        returndatacopy(0x00, 0, 4)
                        fault := mload(0x00)
                        if gt(size, 0x84) { size := 0x84 }
                        returndatacopy(reason, 4, sub(size, 4))
                    }
                }
            }
            if (!stands) emit ActFailed(i, fault, reason);
        }
    }
}
