// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {ExitStage, IRegistrars, Standing} from "./interfaces/IRegistrars.sol";
import {Ledger} from "./Ledger.sol";

/// @notice The directory of registrars; see IRegistrars.
contract Registrars is IRegistrars, Ledger, AccessManaged {
    /// @param standing A Standing; as a number it is read 50 gas cheaper, by every act of an officer.
    /// @param officers Bit b is set when a key whose value modulo 248 is b was ever an officer: that an applicant is
    /// none is asked of every applicant, and this word is warm by then. 1,900 gas less than a slot each.
    struct Registrar {
        uint8 standing;
        uint248 officers;
    }

    /// @param generations The longest line of hand-overs that ends here or passes through; it bounds every reading.
    struct Exit {
        ExitStage stage;
        uint16 successor;
        uint8 generations;
    }

    uint8 private constant MOST_GENERATIONS = 8;

    mapping(uint16 number => Registrar) private _registrars;
    mapping(uint256 registrarAndOfficer => uint256) private _roles;
    mapping(address key => bool) private _checkpointKeys;
    mapping(uint16 registrar => Exit) private _exits;

    constructor(address authority) AccessManaged(authority) {}

    /// @inheritdoc IRegistrars
    function admit(uint16 registrar) external restricted {
        if (registrar > 999) revert NotARegistrarNumber(registrar);
        Registrar storage it = _requireStanding(registrar, Standing.NONE);

        it.standing = uint8(Standing.ADMITTED);

        _say(abi.encode(RegistrarAdmitted.selector, registrar));
    }

    /// @inheritdoc IRegistrars
    function suspend(uint16 registrar, bytes32 instrument) external restricted {
        Registrar storage it = _requireStanding(registrar, Standing.ADMITTED);

        it.standing = uint8(Standing.SUSPENDED);

        _say(abi.encode(RegistrarSuspended.selector, registrar, instrument));
    }

    /// @inheritdoc IRegistrars
    function resume(uint16 registrar, bytes32 instrument) external restricted {
        Registrar storage it = _requireStanding(registrar, Standing.SUSPENDED);

        it.standing = uint8(Standing.ADMITTED);

        _say(abi.encode(RegistrarResumed.selector, registrar, instrument));
    }

    /// @inheritdoc IRegistrars
    function expel(uint16 registrar, bytes32 instrument) external restricted {
        Registrar storage it = _requireServing(registrar);

        it.standing = uint8(Standing.EXPELLED);

        _say(abi.encode(RegistrarExpelled.selector, registrar, instrument));
    }

    /// @inheritdoc IRegistrars
    function reportExit(uint16 registrar, uint40 effective, bytes32 report, bytes32 plan) external restricted {
        _requireServing(registrar);
        _requireStage(registrar, ExitStage.NONE);

        _exits[registrar].stage = ExitStage.REPORTED;

        _say(abi.encode(ExitReported.selector, registrar, effective, report, plan));
    }

    /// @inheritdoc IRegistrars
    function moveExit(uint16 registrar, ExitStage stage, uint40 effective, bytes32 paper) external restricted {
        _requireServing(registrar);
        if (stage < ExitStage.AGREED) revert WrongStage(registrar, stage);
        _requireStage(registrar, ExitStage(uint8(stage) - 1));

        _exits[registrar].stage = stage;

        _say(abi.encode(ExitMoved.selector, registrar, stage, effective, paper));
    }

    /// @inheritdoc IRegistrars
    function cancelExit(uint16 registrar, uint40 effective, bytes32 paper) external restricted {
        _requireServing(registrar);
        if (_exits[registrar].stage == ExitStage.NONE) revert WrongStage(registrar, ExitStage.NONE);

        _exits[registrar].stage = ExitStage.NONE;

        _say(abi.encode(ExitCancelled.selector, registrar, effective, paper));
    }

    /// @inheritdoc IRegistrars
    function handOver(uint16 registrar, uint16 successor, bytes32 instrument, bytes32 manifest) external restricted {
        Registrar storage it = _registrars[registrar];
        Exit storage exit = _exits[registrar];
        Exit storage heir = _exits[successor];
        uint8 generations = exit.generations + 1;
        if (Standing(it.standing) != Standing.EXPELLED) {
            _requireServing(registrar);
            _requireStage(registrar, ExitStage.CONSENTED);
        }
        if (successor == registrar) revert NotASuccessor(successor);
        _requireStanding(successor, Standing.ADMITTED);
        if (generations > MOST_GENERATIONS) revert TooManyGenerations(registrar);
        if (manifest == 0) revert NoManifest();

        it.standing = uint8(Standing.EXITED);
        it.officers = type(uint248).max;
        exit.successor = successor;
        if (heir.generations < generations) heir.generations = generations;

        _say(abi.encode(RegistrarHandedOver.selector, registrar, successor, instrument, manifest));
    }

    /// @inheritdoc IRegistrars
    function appoint(uint16 registrar, address officer, uint8 roles_) external restricted {
        Registrar storage it = _requireServing(registrar);
        if (roles_ == 0 || roles_ > 3) revert NoSuchRoles(roles_);

        _roles[_seat(registrar, officer)] = roles_;
        it.officers |= _bucket(officer);

        _say(abi.encode(OfficerAppointed.selector, registrar, officer, roles_));
    }

    /// @inheritdoc IRegistrars
    function dismiss(uint16 registrar, address officer) external restricted {
        if (_roles[_seat(registrar, officer)] == 0) revert NoSuchRoles(0);

        delete _roles[_seat(registrar, officer)];

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
        return Standing(_registrars[registrar].standing);
    }

    /// @inheritdoc IRegistrars
    function exitOf(uint16 registrar) external view returns (ExitStage stage, uint16 office) {
        stage = _exits[registrar].stage;
        (office,) = _office(registrar);
    }

    /// @inheritdoc IRegistrars
    function roles(uint16 registrar, address officer) external view returns (uint8) {
        if (_registrars[registrar].standing != uint8(Standing.ADMITTED)) {
            Standing found;
            (registrar, found) = _office(registrar);
            if (found != Standing.ADMITTED) return 0;
        }
        return uint8(_roles[_seat(registrar, officer)]);
    }

    /// @inheritdoc IRegistrars
    function rolesKept(uint16 registrar, address officer) external view returns (uint8) {
        (uint16 office, Standing found) = _office(registrar);
        return found == Standing.EXPELLED ? 0 : uint8(_roles[_seat(office, officer)]);
    }

    /// @inheritdoc IRegistrars
    function isOfficer(uint16 registrar, address key) external view returns (bool) {
        // All bits are set for whoever handed over: only then does a no cost more than a look at this word.
        if (_registrars[registrar].officers >> uint160(key) % 248 & 1 == 0) return false;
        (uint16 office,) = _office(registrar);
        return _roles[_seat(office, key)] != 0;
    }

    /// @inheritdoc IRegistrars
    function isCheckpointKey(address key) external view returns (bool) {
        return _checkpointKeys[key];
    }

    /// @dev A line never returns to where it was, for whoever handed over is never admitted again; nor is it longer than
    /// MOST_GENERATIONS, as `handOver` counts.
    function _office(uint16 registrar) private view returns (uint16 office, Standing found) {
        office = registrar;
        while ((found = Standing(_registrars[office].standing)) == Standing.EXITED) office = _exits[office].successor;
    }

    /// @dev One hash instead of two: 45 gas less for every act of an officer.
    function _seat(uint16 registrar, address officer) private pure returns (uint256) {
        return uint256(registrar) << 160 | uint160(officer);
    }

    function _bucket(address key) private pure returns (uint248) {
        return uint248(1 << uint160(key) % 248);
    }

    function _requireStanding(uint16 registrar, Standing expected) private view returns (Registrar storage it) {
        it = _registrars[registrar];
        Standing found = Standing(it.standing);
        if (found != expected) revert WrongStanding(registrar, found);
    }

    /// @dev Requirements: admitted, perhaps suspended, and not gone.
    function _requireServing(uint16 registrar) private view returns (Registrar storage it) {
        it = _registrars[registrar];
        Standing found = Standing(it.standing);
        if (found != Standing.ADMITTED && found != Standing.SUSPENDED) revert WrongStanding(registrar, found);
    }

    function _requireStage(uint16 registrar, ExitStage expected) private view {
        ExitStage found = _exits[registrar].stage;
        if (found != expected) revert WrongStage(registrar, found);
    }
}
