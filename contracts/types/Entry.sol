// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What one party holds from one registration, in one slot:
/// hold until 40 | use until 40 | operate until 40 | since 40 | step 16 | registrar 16.
type Entry is uint256;

using EntryLibrary for Entry global;

library EntryLibrary {
    /// @param rights The sum of HOLD 1, USE 2 and OPERATE 4.
    function born(uint8 rights, uint40 since_, uint40 expiry, uint16 registrar_) internal pure returns (Entry) {
        uint256 word = (uint256(since_) << 32) | registrar_;
        if (rights & 1 != 0) word |= uint256(expiry) << 152;
        if (rights & 2 != 0) word |= uint256(expiry) << 112;
        if (rights & 4 != 0) word |= uint256(expiry) << 72;
        return Entry.wrap(word);
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

    /// @return rights Those whose end is not before `at`; an end is the last second at which a right stands.
    function standing(Entry entry, uint40 moment) internal pure returns (uint8 rights) {
        if (moment < since(entry)) return 0;
        if (holdUntil(entry) >= moment) rights |= 1;
        if (useUntil(entry) >= moment) rights |= 2;
        if (operateUntil(entry) >= moment) rights |= 4;
    }
}
