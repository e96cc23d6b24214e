// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "./IRegistrations.sol";

/// @notice The rights to hold, use and operate data, as attested. Not exclusive, not tokens: several parties may hold
/// the same right in the same data, and nothing here moves by the holder's word alone (guide art. 21).
/// @dev An entry is what one party holds from one registration: HOLD 1, USE 2, OPERATE 4.
interface IRights {
    /// @notice A contract may give birth to entries.
    event SourceAdmitted(address indexed source);

    /// @notice A contract may give birth to no more entries; those it made stay.
    event SourceRetired(address indexed source);

    /// @notice A party holds rights from an attested registration.
    /// @param right The entry: keccak256(registration ‖ holder).
    /// @param registration The registration that was attested.
    /// @param holder The party.
    /// @param rights The sum of HOLD 1, USE 2 and OPERATE 4.
    /// @param since Unix seconds; the moment of attestation.
    /// @param expiry Unix seconds; the last second at which the rights stand.
    event RightAttested(
        bytes32 indexed right, bytes32 registration, bytes32 holder, uint8 rights, uint40 since, uint40 expiry
    );

    /// @notice The caller may not give birth to entries.
    error NotASource(address caller);

    /// @notice Lets a contract give birth to entries.
    function admitSource(address source) external;

    /// @notice Lets a contract give birth to entries no more.
    function retireSource(address source) external;

    /// @notice Enters what each applicant of an attested registration holds.
    /// @dev Requirements: the caller is a source. The caller sees to it that a registration is attested once.
    /// @param registration The registration.
    /// @param registrar The registrar's number.
    /// @param claims Who holds what.
    /// @param since Unix seconds.
    /// @param expiry Unix seconds.
    function attest(bytes32 registration, uint16 registrar, Claim[] calldata claims, uint40 since, uint40 expiry)
        external;

    /// @notice The id of the entry of a party from a registration.
    function idOf(bytes32 registration, bytes32 holder) external pure returns (bytes32);

    /// @notice Which rights of an entry stand at a moment from now on.
    /// @param right The entry.
    /// @param moment Unix seconds, not before the current block: freezes leave no history in a contract's state.
    /// @return rights The sum of HOLD 1, USE 2 and OPERATE 4; 0 when the entry is unknown or over.
    function standing(bytes32 right, uint40 moment) external view returns (uint8 rights);

    /// @notice When an entry began and when each of its rights ends; zero for a right not held.
    function entry(bytes32 right)
        external
        view
        returns (uint40 since, uint40 hold, uint40 use, uint40 operate, uint16 registrar, uint16 step);
}
