// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ObjectionState} from "../interfaces/IObjections.sol";
import {Outcome} from "../interfaces/IRegistrations.sol";

/// @dev Where an objection to an attested registration stands, in one slot:
/// until 40 | changed 40 | accepted 8 | outcome 8 | registrar 16 | step 16 | state 8 (120 free above).
type Objection is uint256;

using ObjectionLibrary for Objection global;

library ObjectionLibrary {
    uint256 private constant STATE_STEP = 0xffffff;
    uint256 private constant OUTCOME = uint256(type(uint8).max) << 40;
    uint256 private constant CHANGED = uint256(type(uint40).max) << 56;
    uint256 private constant UNTIL = uint256(type(uint40).max) << 96;

    function filed(uint16 registrar_, uint40 now_) internal pure returns (Objection) {
        return Objection.wrap(
            uint256(now_) << 56 | uint256(registrar_) << 24 | uint256(1) << 8 | uint256(ObjectionState.FILED)
        );
    }

    /// @dev Every change passes here, so that none forgets to raise the step.
    function moved(Objection objection, ObjectionState to, uint40 now_) internal pure returns (Objection) {
        uint256 word = Objection.unwrap(objection) & ~(STATE_STEP | CHANGED);
        return Objection.wrap(word | uint256(now_) << 56 | uint256(objection.step() + 1) << 8 | uint256(to));
    }

    /// @param until_ Unix seconds; 0 when nothing runs.
    function withUntil(Objection objection, uint40 until_) internal pure returns (Objection) {
        return Objection.wrap((Objection.unwrap(objection) & ~UNTIL) | uint256(until_) << 96);
    }

    function withOutcome(Objection objection, Outcome outcome_) internal pure returns (Objection) {
        return Objection.wrap((Objection.unwrap(objection) & ~OUTCOME) | uint256(outcome_) << 40);
    }

    /// @param side The objector 1, a holder 2.
    function withAcceptance(Objection objection, uint8 side) internal pure returns (Objection) {
        return Objection.wrap(Objection.unwrap(objection) | uint256(side) << 48);
    }

    function state(Objection objection) internal pure returns (ObjectionState) {
        return ObjectionState(uint8(Objection.unwrap(objection)));
    }

    function step(Objection objection) internal pure returns (uint16) {
        return uint16(Objection.unwrap(objection) >> 8);
    }

    function registrar(Objection objection) internal pure returns (uint16) {
        return uint16(Objection.unwrap(objection) >> 24);
    }

    function outcome(Objection objection) internal pure returns (Outcome) {
        return Outcome(uint8(Objection.unwrap(objection) >> 40));
    }

    function accepted(Objection objection) internal pure returns (uint8) {
        return uint8(Objection.unwrap(objection) >> 48);
    }

    function changed(Objection objection) internal pure returns (uint40) {
        return uint40(Objection.unwrap(objection) >> 56);
    }

    function until(Objection objection) internal pure returns (uint40) {
        return uint40(Objection.unwrap(objection) >> 96);
    }

    /// @param states A sum of 1 << state.
    function isIn(Objection objection, uint256 states) internal pure returns (bool) {
        return states >> uint8(Objection.unwrap(objection)) & 1 != 0;
    }
}
