// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {Claim} from "./interfaces/IRegistrations.sol";
import {IRights} from "./interfaces/IRights.sol";
import {Ledger} from "./Ledger.sol";
import {Entry, EntryLibrary} from "./types/Entry.sol";

/// @notice The rights attested; see IRights.
contract Rights is IRights, Ledger, AccessManaged {
    mapping(address source => bool) private _sources;
    mapping(bytes32 right => Entry) private _entries;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc IRights
    function admitSource(address source) external restricted {
        _sources[source] = true;

        _say(abi.encode(SourceAdmitted.selector, source));
    }

    /// @inheritdoc IRights
    function retireSource(address source) external restricted {
        delete _sources[source];

        _say(abi.encode(SourceRetired.selector, source));
    }

    /// @inheritdoc IRights
    function attest(bytes32 registration, uint16 registrar, Claim[] calldata claims, uint40 since, uint40 expiry)
        external
    {
        if (!_sources[msg.sender]) revert NotASource(msg.sender);

        for (uint256 i; i < claims.length; ++i) {
            bytes32 right = idOf(registration, claims[i].party);
            _entries[right] = EntryLibrary.born(claims[i].rights, since, expiry, registrar);
            _say(
                abi.encode(
                    RightAttested.selector, right, registration, claims[i].party, claims[i].rights, since, expiry
                )
            );
        }
    }

    /// @inheritdoc IRights
    function idOf(bytes32 registration, bytes32 holder) public pure returns (bytes32) {
        return keccak256(abi.encode(registration, holder));
    }

    /// @inheritdoc IRights
    function standing(bytes32 right, uint40 moment) external view returns (uint8 rights) {
        return _entries[right].standing(moment);
    }

    /// @inheritdoc IRights
    function entry(bytes32 right)
        external
        view
        returns (uint40 since, uint40 hold, uint40 use, uint40 operate, uint16 registrar, uint16 step)
    {
        Entry e = _entries[right];
        return (e.since(), e.holdUntil(), e.useUntil(), e.operateUntil(), e.registrar(), e.step());
    }
}
