// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IRegistrars, Standing} from "./interfaces/IRegistrars.sol";
import {Ledger} from "./Ledger.sol";

/// @notice The directory of registrars; see IRegistrars.
contract Registrars is IRegistrars, Ledger, AccessManaged {
    mapping(uint16 registrar => Standing) private _standing;
    mapping(uint16 registrar => mapping(address officer => uint8)) private _roles;
    mapping(address key => bool) private _checkpointKeys;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc IRegistrars
    function admit(uint16 registrar) external restricted {
        if (registrar > 999) revert NotARegistrarNumber(registrar);
        _requireStanding(registrar, Standing.NONE);

        _standing[registrar] = Standing.ADMITTED;

        _say(abi.encode(RegistrarAdmitted.selector, registrar));
    }

    /// @inheritdoc IRegistrars
    function suspend(uint16 registrar, bytes32 instrument) external restricted {
        _requireStanding(registrar, Standing.ADMITTED);

        _standing[registrar] = Standing.SUSPENDED;

        _say(abi.encode(RegistrarSuspended.selector, registrar, instrument));
    }

    /// @inheritdoc IRegistrars
    function resume(uint16 registrar, bytes32 instrument) external restricted {
        _requireStanding(registrar, Standing.SUSPENDED);

        _standing[registrar] = Standing.ADMITTED;

        _say(abi.encode(RegistrarResumed.selector, registrar, instrument));
    }

    /// @inheritdoc IRegistrars
    function appoint(uint16 registrar, address officer, uint8 roles_) external restricted {
        if (_standing[registrar] == Standing.NONE) revert WrongStanding(registrar, Standing.NONE);
        if (roles_ == 0 || roles_ > 3) revert NoSuchRoles(roles_);

        _roles[registrar][officer] = roles_;

        _say(abi.encode(OfficerAppointed.selector, registrar, officer, roles_));
    }

    /// @inheritdoc IRegistrars
    function dismiss(uint16 registrar, address officer) external restricted {
        delete _roles[registrar][officer];

        _say(abi.encode(OfficerDismissed.selector, registrar, officer));
    }

    /// @inheritdoc IRegistrars
    function authorise(address key) external restricted {
        _checkpointKeys[key] = true;

        _say(abi.encode(CheckpointKeyAuthorised.selector, key));
    }

    /// @inheritdoc IRegistrars
    function retire(address key) external restricted {
        delete _checkpointKeys[key];

        _say(abi.encode(CheckpointKeyRetired.selector, key));
    }

    /// @inheritdoc IRegistrars
    function standing(uint16 registrar) external view returns (Standing) {
        return _standing[registrar];
    }

    /// @inheritdoc IRegistrars
    function roles(uint16 registrar, address officer) external view returns (uint8) {
        return _standing[registrar] == Standing.ADMITTED ? _roles[registrar][officer] : 0;
    }

    /// @inheritdoc IRegistrars
    function isOfficer(uint16 registrar, address key) external view returns (bool) {
        return _roles[registrar][key] != 0;
    }

    /// @inheritdoc IRegistrars
    function isCheckpointKey(address key) external view returns (bool) {
        return _checkpointKeys[key];
    }

    function _requireStanding(uint16 registrar, Standing expected) private view {
        Standing found = _standing[registrar];
        if (found != expected) revert WrongStanding(registrar, found);
    }
}
