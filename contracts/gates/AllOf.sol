// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGate} from "../interfaces/IGate.sol";
import {Claim} from "../interfaces/IRegistrations.sol";

/// @notice Open when each of its gates is open.
contract AllOf is IGate {
    IGate[] private _gates;

    /// @notice Between one and eight gates: a claim's check must stay cheap.
    error WrongNumberOfGates(uint256 number);

    constructor(IGate[] memory gates) {
        if (gates.length == 0 || gates.length > 8) revert WrongNumberOfGates(gates.length);
        _gates = gates;
    }

    /// @inheritdoc IGate
    function isShut(bytes32 registration, Claim calldata claim, uint40 moment) external view returns (bool) {
        for (uint256 i; i < _gates.length; ++i) {
            if (_gates[i].isShut(registration, claim, moment)) return true;
        }
        return false;
    }
}
