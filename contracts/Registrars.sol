// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IRegistrars, Standing} from "./interfaces/IRegistrars.sol";
import {Ledger} from "./Ledger.sol";

/// @notice The directory of registrars; see IRegistrars.
contract Registrars is IRegistrars, Ledger, AccessManaged {
    /// @param officers Bit b is set when a key whose value modulo 248 is b was ever an officer: that an applicant is
    /// none is asked of every applicant, and this word is warm by then. 1,900 gas less than a slot each.
    struct Registrar {
        Standing standing;
        uint248 officers;
    }

    mapping(uint16 number => Registrar) private _registrars;
    mapping(uint16 registrar => mapping(address officer => uint8)) private _roles;
    mapping(address key => bool) private _checkpointKeys;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc IRegistrars
    function admit(uint16 registrar) external restricted {
        if (registrar > 999) revert NotARegistrarNumber(registrar);
        _requireStanding(registrar, Standing.NONE);

        _registrars[registrar].standing = Standing.ADMITTED;

        _say(abi.encode(RegistrarAdmitted.selector, registrar));
    }

    /// @inheritdoc IRegistrars
    function suspend(uint16 registrar, bytes32 instrument) external restricted {
        _requireStanding(registrar, Standing.ADMITTED);

        _registrars[registrar].standing = Standing.SUSPENDED;

        _say(abi.encode(RegistrarSuspended.selector, registrar, instrument));
    }

    /// @inheritdoc IRegistrars
    function resume(uint16 registrar, bytes32 instrument) external restricted {
        _requireStanding(registrar, Standing.SUSPENDED);

        _registrars[registrar].standing = Standing.ADMITTED;

        _say(abi.encode(RegistrarResumed.selector, registrar, instrument));
    }

    /// @inheritdoc IRegistrars
    function appoint(uint16 registrar, address officer, uint8 roles_) external restricted {
        if (_registrars[registrar].standing == Standing.NONE) revert WrongStanding(registrar, Standing.NONE);
        if (roles_ == 0 || roles_ > 3) revert NoSuchRoles(roles_);

        _roles[registrar][officer] = roles_;
        _registrars[registrar].officers |= _bucket(officer);

        _say(abi.encode(OfficerAppointed.selector, registrar, officer, roles_));
    }

    /// @inheritdoc IRegistrars
    function dismiss(uint16 registrar, address officer) external restricted {
        if (_roles[registrar][officer] == 0) revert NoSuchRoles(0);

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
        return _registrars[registrar].standing;
    }

    /// @inheritdoc IRegistrars
    function roles(uint16 registrar, address officer) external view returns (uint8) {
        return _registrars[registrar].standing == Standing.ADMITTED ? _roles[registrar][officer] : 0;
    }

    /// @inheritdoc IRegistrars
    function isOfficer(uint16 registrar, address key) external view returns (bool) {
        return _registrars[registrar].officers & _bucket(key) != 0 && _roles[registrar][key] != 0;
    }

    /// @inheritdoc IRegistrars
    function isCheckpointKey(address key) external view returns (bool) {
        return _checkpointKeys[key];
    }

    function _bucket(address key) private pure returns (uint248) {
        return uint248(1 << uint160(key) % 248);
    }

    function _requireStanding(uint16 registrar, Standing expected) private view {
        Standing found = _registrars[registrar].standing;
        if (found != expected) revert WrongStanding(registrar, found);
    }
}
