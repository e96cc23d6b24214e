// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The 15 characters of a certificate code: prefix 2, registrar 3, YYYYMM, serial 4 (guide annex 6).
library Code {
    /// @param moment Unix seconds.
    /// @return YYYYMM in Beijing time, which has been UTC+8 without summer time since 1991.
    function monthOf(uint40 moment) internal pure returns (uint24) {
        // Days since 0000-03-01 of the proleptic Gregorian calendar: a year that begins in March has its leap day
        // last, so that months follow one line.
        uint256 day = (uint256(moment) + 8 hours) / 1 days + 719_468;
        uint256 era = day / 146_097;
        uint256 dayOfEra = day % 146_097;
        uint256 yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        uint256 fromMarch = (5 * dayOfYear + 2) / 153;
        uint256 month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
        uint256 year = yearOfEra + era * 400 + (month < 3 ? 1 : 0);
        return uint24(year * 100 + month);
    }

    /// @return All but the serial, whose four characters are zero bytes.
    function stem(bytes2 prefix, uint16 registrar, uint24 month) internal pure returns (bytes15) {
        uint256 digits = _digits(registrar, 3) << 48 | _digits(month, 6);
        return bytes15(uint120(uint256(uint16(prefix)) << 104 | digits << 32));
    }

    function withSerial(bytes15 stem_, uint16 serial) internal pure returns (bytes15) {
        return bytes15(uint120(stem_) | uint120(_digits(serial, 4)));
    }

    function _digits(uint256 number, uint256 length) private pure returns (uint256 text) {
        unchecked {
            for (uint256 i; i < length * 8; i += 8) {
                text |= (0x30 + number % 10) << i;
                number /= 10;
            }
        }
    }
}
