// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What one party holds from one registration, in one slot:
/// renewing 8 | standing remarks 8 | remarks 8 | source 8 | hold until 40 | use until 40 | operate until 40 | since 40
/// | step 16 | registrar 16 (32 free above). An end of zero is a right not held.
type Entry is uint256;

using EntryLibrary for Entry global;

library EntryLibrary {
    uint256 private constant STEP = 1 << 16;
    uint256 private constant REMARK = 1 << 200;
    uint256 private constant STANDING_REMARK = 1 << 208;
    uint256 private constant RENEWING = uint256(type(uint8).max) << 216;
    uint256 private constant SOURCE = uint256(type(uint8).max) << 192;

    /// @param rights The sum of HOLD 1, USE 2 and OPERATE 4.
    function born(uint8 rights, uint40 since_, uint40 expiry, uint16 registrar_, uint8 source_)
        internal
        pure
        returns (Entry)
    {
        uint256 word = (uint256(source_) << 192) | (uint256(since_) << 32) | registrar_;
        if (rights & 1 != 0) word |= uint256(expiry) << 152;
        if (rights & 2 != 0) word |= uint256(expiry) << 112;
        if (rights & 4 != 0) word |= uint256(expiry) << 72;
        return Entry.wrap(word);
    }

    /// @dev Every change passes here, so that none forgets to raise the step. An expiry of zero takes the rights away.
    function changed(Entry entry, uint8 rights, uint40 expiry) internal pure returns (Entry) {
        uint256 word = Entry.unwrap(entry) + STEP;
        uint256 ends = type(uint40).max;
        if (rights & 1 != 0) word = (word & ~(ends << 152)) | uint256(expiry) << 152;
        if (rights & 2 != 0) word = (word & ~(ends << 112)) | uint256(expiry) << 112;
        if (rights & 4 != 0) word = (word & ~(ends << 72)) | uint256(expiry) << 72;
        return Entry.wrap(word);
    }

    function touched(Entry entry) internal pure returns (Entry) {
        return Entry.wrap(Entry.unwrap(entry) + STEP);
    }

    /// @param rights Whose renewal is applied for at a source; zero when none is.
    function renewedBy(Entry entry, uint8 rights, uint8 source_) internal pure returns (Entry) {
        uint256 word = Entry.unwrap(entry) & ~(RENEWING | SOURCE);
        return Entry.wrap(word | uint256(rights) << 216 | uint256(source_) << 192);
    }

    function remarked(Entry entry) internal pure returns (Entry) {
        return Entry.wrap(Entry.unwrap(entry) + REMARK + STANDING_REMARK);
    }

    function lifted(Entry entry) internal pure returns (Entry) {
        return Entry.wrap(Entry.unwrap(entry) - STANDING_REMARK);
    }

    function holdUntil(Entry entry) internal pure returns (uint40) {
        return uint40(Entry.unwrap(entry) >> 152);
    }

    function useUntil(Entry entry) internal pure returns (uint40) {
        return uint40(Entry.unwrap(entry) >> 112);
    }

    function operateUntil(Entry entry) internal pure returns (uint40) {
        return uint40(Entry.unwrap(entry) >> 72);
    }

    function since(Entry entry) internal pure returns (uint40) {
        return uint40(Entry.unwrap(entry) >> 32);
    }

    function step(Entry entry) internal pure returns (uint16) {
        return uint16(Entry.unwrap(entry) >> 16);
    }

    function registrar(Entry entry) internal pure returns (uint16) {
        return uint16(Entry.unwrap(entry));
    }

    function source(Entry entry) internal pure returns (uint8) {
        return uint8(Entry.unwrap(entry) >> 192);
    }

    /// @return How many remarks were ever made.
    function remarks(Entry entry) internal pure returns (uint8) {
        return uint8(Entry.unwrap(entry) >> 200);
    }

    function standingRemarks(Entry entry) internal pure returns (uint8) {
        return uint8(Entry.unwrap(entry) >> 208);
    }

    function renewing(Entry entry) internal pure returns (uint8) {
        return uint8(Entry.unwrap(entry) >> 216);
    }

    /// @return end The earliest end of the rights named; zero when one of them is not held.
    function earliestEnd(Entry entry, uint8 rights) internal pure returns (uint40 end) {
        end = type(uint40).max;
        if (rights & 1 != 0 && entry.holdUntil() < end) end = entry.holdUntil();
        if (rights & 2 != 0 && entry.useUntil() < end) end = entry.useUntil();
        if (rights & 4 != 0 && entry.operateUntil() < end) end = entry.operateUntil();
    }

    /// @return end The latest end of the rights named; zero when none of them is held.
    function latestEnd(Entry entry, uint8 rights) internal pure returns (uint40 end) {
        if (rights & 1 != 0 && entry.holdUntil() > end) end = entry.holdUntil();
        if (rights & 2 != 0 && entry.useUntil() > end) end = entry.useUntil();
        if (rights & 4 != 0 && entry.operateUntil() > end) end = entry.operateUntil();
    }

    /// @return rights Those held, whether their time is over or not.
    function held(Entry entry) internal pure returns (uint8 rights) {
        if (entry.holdUntil() != 0) rights |= 1;
        if (entry.useUntil() != 0) rights |= 2;
        if (entry.operateUntil() != 0) rights |= 4;
    }

    /// @return rights Those whose end is not before `at`; an end is the last second at which a right stands.
    function standing(Entry entry, uint40 moment) internal pure returns (uint8 rights) {
        if (moment < since(entry)) return 0;
        if (holdUntil(entry) >= moment) rights |= 1;
        if (useUntil(entry) >= moment) rights |= 2;
        if (operateUntil(entry) >= moment) rights |= 4;
    }
}
