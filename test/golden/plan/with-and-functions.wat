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
        i32.const ADDRESS
        i64.const 8463219665059971072
        call $rt_dot_string
        local.tee 5
        i32.eqz
        br_if 0
        local.get 0
        local.get 1
        local.get 5
        call $g0.data.authz.level
        local.tee 6
        i32.eqz
        br_if 0
        i32.const 3
        local.set 7
        local.get 6
        local.get 7
        call $builtin_gt
        local.tee 8
        i32.eqz
        if
          i32.const ADDRESS
          i32.const ADDRESS
          call $rt_builtin_failed
          br 1
        end
        local.get 8
        i32.const 6
        i32.eq
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
  i32.const 0
  local.get 2
  i32.const 14
  local.get 2
  select
  call $rt_memo_set
  local.get 2)

(func $g0.data.authz.level (param i32 i32 i32) (result i32)
  (local i32 i64 i32 i32 i32 i32)
  global.get $fuel
  i64.const 1
  i64.sub
  local.tee 4
  global.set $fuel
  local.get 4
  i64.const 0
  i64.lt_s
  if
    call $rt_fuel_out
  end
  block
    block
      i32.const 0
      local.set 5
      block
        local.get 2
        i32.const ADDRESS
        call $builtin_internal_member_2
        local.tee 6
        i32.eqz
        if
          i32.const ADDRESS
          i32.const ADDRESS
          call $rt_builtin_failed
          br 1
        end
        local.get 6
        i32.const 6
        i32.eq
        br_if 0
        i32.const 5
        local.set 7
        local.get 5
        if
          local.get 5
          local.get 7
          call $rt_equal
          i32.eqz
          if
            i32.const ADDRESS
            call $rt_abort
            unreachable
          end
        end
        local.get 7
        local.set 5
        br 0
      end
      block
        i32.const ADDRESS
        local.get 2
        i32.ne
        if
          i32.const ADDRESS
          local.get 2
          call $rt_equal
          i32.eqz
          br_if 1
        end
        i32.const 3
        local.set 8
        local.get 5
        if
          local.get 5
          local.get 8
          call $rt_equal
          i32.eqz
          if
            i32.const ADDRESS
            call $rt_abort
            unreachable
          end
        end
        local.get 8
        local.set 5
        br 0
      end
      local.get 5
      i32.eqz
      br_if 0
      local.get 5
      local.set 3
      br 1
    end
  end
  local.get 3)

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

(func $f549
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
  i32.const 696
  memory.init 182
  data.drop 182)

(func $f550
  call $f329
  call $f549)
