// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IGate} from "../interfaces/IGate.sol";
import {Claim} from "../interfaces/IRegistrations.sol";
import {Ledger} from "../Ledger.sol";

/// @notice Shut for parties that an instrument in force bars from being attested rights.
contract BarredParties is IGate, Ledger, AccessManaged {
    /// @notice A party is barred. @param until Unix seconds; the last second of the bar, 0 when it is lifted.
    event PartyBarred(bytes32 indexed party, bytes32 instrument, uint40 until);

    mapping(bytes32 party => uint40) public barredUntil;

    constructor(address authority) AccessManaged(authority) {}

    /// @notice Bars a party under an instrument, or lifts the bar with `until` 0.
    function bar(bytes32 party, bytes32 instrument, uint40 until) external restricted {
        barredUntil[party] = until;

        _say(abi.encode(PartyBarred.selector, party, instrument, until));
    }

    /// @inheritdoc IGate
    function isShut(bytes32, Claim calldata claim, uint40 moment) external view returns (bool) {
        return barredUntil[claim.party] >= moment;
    }
}
