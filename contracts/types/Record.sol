// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {State} from "../interfaces/IRegistrations.sol";

/// @dev Where a registration stands, in one slot:
/// reviewer 64 | until 40 | changed 40 | upheld 8 | open 8 | kind 8 | profile 16 | registrar 16 | step 16 | state 8.
/// The reviewer is the tail of a key: equal keys always have equal tails, so nobody who accepted or published can attest.
type Record is uint256;

using RecordLibrary for Record global;

library RecordLibrary {
    uint256 private constant STATE_STEP = 0xffffff;
    uint256 private constant CHANGED = uint256(type(uint40).max) << 80;
    uint256 private constant UNTIL = uint256(type(uint40).max) << 120;
    uint256 private constant REVIEWER = uint256(type(uint64).max) << 160;
    uint256 private constant OPEN = 1 << 64;
    uint256 private constant UPHELD = 1 << 72;

    function filed(uint16 registrar_, uint16 profile_, uint8 kind_, uint40 now_) internal pure returns (Record) {
        return Record.wrap(
            uint256(now_) << 80 | uint256(kind_) << 56 | uint256(profile_) << 40 | uint256(registrar_) << 24
                | uint256(1) << 8 | uint256(State.SUBMITTED)
        );
    }

    /// @dev Every change passes here or through `reviewed`, so that none forgets to raise the step.
    function moved(Record record, State to, uint40 now_) internal pure returns (Record) {
        uint256 word = Record.unwrap(record) & ~(STATE_STEP | CHANGED);
        return Record.wrap(word | uint256(now_) << 80 | uint256(record.step() + 1) << 8 | uint256(to));
    }

    /// @dev What a reviewer's act on many records writes, the step aside: the same for all of them.
    function review(State to, uint40 until_, address officer, uint40 now_) internal pure returns (Record) {
        return Record.wrap(
            uint256(uint64(uint160(officer))) << 160 | uint256(until_) << 120 | uint256(now_) << 80 | uint256(to)
        );
    }

    function reviewed(Record record, Record review_) internal pure returns (Record) {
        uint256 word = Record.unwrap(record) & ~(STATE_STEP | CHANGED | UNTIL | REVIEWER);
        return Record.wrap(word | Record.unwrap(review_) | uint256(record.step() + 1) << 8);
    }

    function withUntil(Record record, uint40 until_) internal pure returns (Record) {
        return Record.wrap((Record.unwrap(record) & ~UNTIL) | uint256(until_) << 120);
    }

    function withObjection(Record record) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) + OPEN);
    }

    function withoutObjection(Record record, bool upheld_) internal pure returns (Record) {
        uint256 word = Record.unwrap(record) - OPEN;
        return Record.wrap(upheld_ ? word | UPHELD : word);
    }

    /// @dev Three questions in one comparison, because every act asks them.
    function isAt(Record record, State state_, uint16 step_, uint16 registrar_) internal pure returns (bool) {
        return uint40(Record.unwrap(record)) == uint256(registrar_) << 24 | uint256(step_) << 8 | uint256(state_);
    }

    function state(Record record) internal pure returns (State) {
        return State(uint8(Record.unwrap(record)));
    }

    function step(Record record) internal pure returns (uint16) {
        return uint16(Record.unwrap(record) >> 8);
    }

    function registrar(Record record) internal pure returns (uint16) {
        return uint16(Record.unwrap(record) >> 24);
    }

    function profile(Record record) internal pure returns (uint16) {
        return uint16(Record.unwrap(record) >> 40);
    }

    function kind(Record record) internal pure returns (uint8) {
        return uint8(Record.unwrap(record) >> 56);
    }

    function open(Record record) internal pure returns (uint8) {
        return uint8(Record.unwrap(record) >> 64);
    }

    function isUpheld(Record record) internal pure returns (bool) {
        return Record.unwrap(record) & UPHELD != 0;
    }

    function changed(Record record) internal pure returns (uint40) {
        return uint40(Record.unwrap(record) >> 80);
    }

    function until(Record record) internal pure returns (uint40) {
        return uint40(Record.unwrap(record) >> 120);
    }

    function isReviewer(Record record, address officer) internal pure returns (bool) {
        return uint64(Record.unwrap(record) >> 160) == uint64(uint160(officer));
    }

    /// @dev Open: filed and neither attested, refused, terminated nor withdrawn.
    function isPending(Record record) internal pure returns (bool) {
        State s = record.state();
        return s >= State.SUBMITTED && s <= State.PUBLISHED;
    }
}
