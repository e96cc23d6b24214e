// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGate} from "../interfaces/IGate.sol";
import {Claim} from "../interfaces/IRegistrations.sol";

/// @notice A gate that never answers.
contract RevertingGate is IGate {
    error OutOfOrder();

    function isShut(bytes32, Claim calldata, uint40) external pure returns (bool) {
        revert OutOfOrder();
    }
}

/// @notice A gate shut for claims to operate.
contract NoOperating is IGate {
    function isShut(bytes32, Claim calldata claim, uint40) external pure returns (bool) {
        return claim.rights & 4 != 0;
    }
}
