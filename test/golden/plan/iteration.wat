(func $g0.data.authz.allow (param i32 i32) (result i32)
  (local i32 i64 i32 i32 i32 i32 i32)
  i32.const 0
  call $rt_memo_get
  local.tee 2
  if
    i32.const 0
    local.get 2
    local.get 2
    i32.const 14
    i32.eq
    select
    return
  end
  global.get $fuel
  i64.const 1
  i64.sub
  local.tee 3
  global.set $fuel
  local.get 3
  i64.const 0
  i64.lt_s
  if
    call $rt_fuel_out
  end
  block
    block
      i32.const 0
      local.set 4
      block
        local.get 0
        local.get 1
        call $g0.data.authz.all_small
        local.tee 5
        i32.eqz
        br_if 0
        local.get 5
        i32.const 6
        i32.eq
        br_if 0
        local.get 0
        local.get 1
        call $g0.data.authz.violations
        local.tee 6
        i32.eqz
        br_if 0
        local.get 6
        call $builtin_count
        local.tee 7
        i32.eqz
        if
          i32.const ADDRESS
          i32.const ADDRESS
          call $rt_builtin_failed
          br 1
        end
        i32.const 1
        local.set 8
        local.get 8
        local.get 7
        i32.ne
        if
          local.get 8
          local.get 7
          call $rt_equal
          i32.eqz
          br_if 1
        end
        local.get 4
        if
          local.get 4
          i32.const 10
          call $rt_equal
          i32.eqz
          if
            i32.const ADDRESS
            call $rt_abort
            unreachable
          end
        end
        i32.const 10
        local.set 4
        br 0
      end
      local.get 4
      i32.eqz
      br_if 0
      local.get 4
      local.set 2
      br 1
    end
  end
  i32.const 0
  local.get 2
  i32.const 14
  local.get 2
  select
  call $rt_memo_set
  local.get 2)

(func $g0.data.authz.all_small (param i32 i32) (result i32)
  (local i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
  i32.const 1
  call $rt_memo_get
  local.tee 2
  if
    i32.const 0
    local.get 2
    local.get 2
    i32.const 14
    i32.eq
    select
    return
  end
  global.get $fuel
  i64.const 1
  i64.sub
  local.tee 3
  global.set $fuel
  local.get 3
  i64.const 0
  i64.lt_s
  if
    call $rt_fuel_out
  end
  block
    block
      i32.const 0
      local.set 4
      block
        local.get 0
        local.get 1
        call $g0.data.authz.sizes
        local.tee 5
        i32.eqz
        br_if 0
        i32.const 0
        local.set 6
        block
          local.get 5
          call $rt_type_of
          i32.const 4
          i32.ne
          br_if 0
          i32.const 10
          local.set 6
        end
        block
          local.get 5
          call $rt_type_of
          i32.const 5
          i32.ne
          br_if 0
          i32.const 10
          local.set 6
        end
        block
          local.get 5
          call $rt_type_of
          i32.const 6
          i32.ne
          br_if 0
          i32.const 10
          local.set 6
        end
        local.get 6
        i32.eqz
        br_if 0
        i32.const 0
        local.set 7
        block
          local.get 5
          call $rt_scan_prepare
          local.set 8
          i32.const 0
          local.set 9
          block
            loop
              local.get 9
              local.get 8
              i32.ge_s
              br_if 1
              global.get $fuel
              i64.const 1
              i64.sub
              local.tee 3
              global.set $fuel
              local.get 3
              i64.const 0
              i64.lt_s
              if
                call $rt_fuel_out
              end
              local.get 5
              local.get 9
              call $rt_key_at
              local.set 10
              local.get 5
              local.get 9
              call $rt_value_at
              local.set 11
              block
                i32.const 0
                local.set 12
                block
                  i32.const 7
                  local.set 13
                  local.get 11
                  local.get 13
                  call $builtin_lt
                  local.tee 14
                  i32.eqz
                  if
                    i32.const ADDRESS
                    i32.const ADDRESS
                    call $rt_builtin_failed
                    br 1
                  end
                  local.get 14
                  i32.const 6
                  i32.eq
                  br_if 0
                  i32.const 10
                  local.set 12
                  br 0
                end
                local.get 12
                br_if 0
                i32.const 10
                local.set 7
                br 3
              end
              local.get 9
              i32.const 1
              i32.add
              local.set 9
              br 0
            end
          end
        end
        local.get 7
        br_if 0
        local.get 4
        if
          local.get 4
          i32.const 10
          call $rt_equal
          i32.eqz
          if
            i32.const ADDRESS
            call $rt_abort
            unreachable
          end
        end
        i32.const 10
        local.set 4
        br 0
      end
      local.get 4
      i32.eqz
      br_if 0
      local.get 4
      local.set 2
      br 1
    end
  end
  i32.const 1
  local.get 2
  i32.const 14
  local.get 2
  select
  call $rt_memo_set
  local.get 2)

(func $g0.data.authz.sizes (param i32 i32) (result i32)
  (local i32 i64 i32 i32 i32 i32 i32 i32 i32)
  i32.const 2
  call $rt_memo_get
  local.tee 2
  if
    i32.const 0
    local.get 2
    local.get 2
    i32.const 14
    i32.eq
    select
    return
  end
  global.get $fuel
  i64.const 1
  i64.sub
  local.tee 3
  global.set $fuel
  local.get 3
  i64.const 0
  i64.lt_s
  if
    call $rt_fuel_out
  end
  block
    block
      call $rt_object
      local.set 4
      block
        local.get 0
        i32.const ADDRESS
        i64.const 7811901972633616384
        call $rt_dot_string
        local.tee 5
        i32.eqz
        br_if 0
        local.get 5
        call $rt_scan_prepare
        local.set 6
        i32.const 0
        local.set 7
        block
          loop
            local.get 7
            local.get 6
            i32.ge_s
            br_if 1
            global.get $fuel
            i64.const 1
            i64.sub
            local.tee 3
            global.set $fuel
            local.get 3
            i64.const 0
            i64.lt_s
            if
              call $rt_fuel_out
            end
            local.get 5
            local.get 7
            call $rt_key_at
            local.set 8
            local.get 5
            local.get 7
            call $rt_value_at
            local.set 9
            block
              local.get 9
              call $builtin_count
              local.tee 10
              i32.eqz
              if
                i32.const ADDRESS
                i32.const ADDRESS
                call $rt_builtin_failed
                br 1
              end
              local.get 4
              local.get 8
              local.get 10
              call $rt_object_insert_once
              i32.eqz
              if
                i32.const ADDRESS
                call $rt_abort
                unreachable
              end
            end
            local.get 7
            i32.const 1
            i32.add
            local.set 7
            br 0
          end
        end
      end
      local.get 4
      local.set 2
      br 1
    end
  end
  i32.const 2
  local.get 2
  i32.const 14
  local.get 2
  select
  call $rt_memo_set
  local.get 2)

(func $g0.data.authz.violations (param i32 i32) (result i32)
  (local i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
  i32.const 3
  call $rt_memo_get
  local.tee 2
  if
    i32.const 0
    local.get 2
    local.get 2
    i32.const 14
    i32.eq
    select
    return
  end
  global.get $fuel
  i64.const 1
  i64.sub
  local.tee 3
  global.set $fuel
  local.get 3
  i64.const 0
  i64.lt_s
  if
    call $rt_fuel_out
  end
  block
    block
      call $rt_set
      local.set 4
      block
        local.get 0
        i32.const ADDRESS
        i64.const 7165066978299309669
        call $rt_dot_string
        local.tee 5
        i32.eqz
        br_if 0
        local.get 5
        call $rt_scan_prepare
        local.set 6
        i32.const 0
        local.set 7
        block
          loop
            local.get 7
            local.get 6
            i32.ge_s
            br_if 1
            global.get $fuel
            i64.const 1
            i64.sub
            local.tee 3
            global.set $fuel
            local.get 3
            i64.const 0
            i64.lt_s
            if
              call $rt_fuel_out
            end
            local.get 5
            local.get 7
            call $rt_key_at
            local.set 8
            local.get 5
            local.get 7
            call $rt_value_at
            local.set 9
            block
              local.get 9
              i32.const ADDRESS
              i64.const 7596835243147919360
              call $rt_dot_string
              local.tee 10
              i32.eqz
              br_if 0
              i32.const 0
              local.set 11
              block
                local.get 10
                i32.const ADDRESS
                call $builtin_startswith
                local.tee 12
                i32.eqz
                if
                  i32.const ADDRESS
                  i32.const ADDRESS
                  call $rt_builtin_failed
                  br 1
                end
                local.get 12
                i32.const 6
                i32.eq
                br_if 0
                i32.const 10
                local.set 11
                br 0
              end
              local.get 11
              br_if 0
              local.get 9
              i32.const ADDRESS
              i64.const 7596835243147919360
              call $rt_dot_string
              local.tee 13
              i32.eqz
              br_if 0
              i32.const 2
              call $rt_array
              local.set 14
              local.get 14
              local.get 8
              call $rt_array_append
              local.get 14
              local.get 13
              call $rt_array_append
              i32.const ADDRESS
              local.get 14
              call $builtin_sprintf
              local.tee 15
              i32.eqz
              if
                i32.const ADDRESS
                i32.const ADDRESS
                call $rt_builtin_failed
                br 1
              end
              local.get 4
              local.get 15
              call $rt_set_add
            end
            local.get 7
            i32.const 1
            i32.add
            local.set 7
            br 0
          end
        end
      end
      local.get 4
      local.set 2
      br 1
    end
  end
  i32.const 3
  local.get 2
  i32.const 14
  local.get 2
  select
  call $rt_memo_set
  local.get 2)

(func $plan.authz/allow (param i32 i32) (result i32)
  (local i32 i64 i32 i32)
  i32.const 0
  call $rt_array
  local.set 2
  block
    block
      block
        local.get 0
        local.get 1
        call $g0.data.authz.allow
        local.tee 4
        i32.eqz
        br_if 0
        call $rt_object
        local.set 5
        local.get 5
        i32.const ADDRESS
        local.get 4
        call $rt_object_insert
        local.get 2
        local.get 5
        call $rt_array_append
      end
    end
  end
  local.get 2)

(func $f551
  memory.size
  i32.const 1
  i32.lt_s
  if
    i32.const 1
    memory.size
    i32.sub
    memory.grow
    drop
  end
  i32.const ADDRESS
  i32.const 0
  i32.const 728
  memory.init 182
  data.drop 182)

(func $f552
  call $f329
  call $f551)
